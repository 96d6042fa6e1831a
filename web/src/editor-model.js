// What is drawn of a floor: rooms and places by their keys, each with the row of
// the form that holds its numbers, what was done and can be undone, and what
// does not lie as it must. All lengths are centimetres.
export const STEP = 25, FINE = 5, LEAST = 20, FAR = 50000;

export const items = new Map(); // key → item
const past = [], future = [];

const FIELDS = ["x", "y", "w", "h", "out", "gone", "room"];
const stateOf = (item) => FIELDS.map((f) => item[f]);
const NOWHERE = { x: 0, y: 0, w: 0, h: 0 };

export const drawn = (item) => item.w > 0 && item.h > 0 && !item.absent && !item.gone;
export const present = () => [...items.values()].filter((i) => !i.absent);
export const shown = () => present().filter(drawn);
export const rooms = () => present().filter((i) => !i.place);
export const placesIn = (room) => present().filter((i) => i.place && i.room === room.key);
export const input = (item, name) => item.row.querySelector(`[name="${name}.${item.key}"]`);
export const codeOf = (item) => (item.isNew ? input(item, "codice").value : item.row.dataset.code);
export const nameOf = (item) => (item.isNew ? input(item, "nome").value || codeOf(item) : item.row.dataset.name ?? item.row.dataset.code);
export const kindOf = (item) => (item.isNew ? input(item, item.place ? "tipo" : "scopo").value : item.row.dataset.kind);
export const seatsOf = (item) => (item.isNew ? input(item, "posti").value : item.row.dataset.seats);
export const holdsPlaces = (room) => !room.place && !kindOf(room);
export const isChanged = (item) => !item.absent && (item.isNew || item.touched || FIELDS.some((f, i) => item[f] !== item.first[i]));

// centimetres reads a number of an input; NaN where there is none.
const centimetres = (text) => Math.round(parseFloat(text.replace(",", ".")) * 100);

// read takes the numbers of a row into its item. Fewer than four are none.
export function read(item) {
	const four = ["x", "y", "w", "h"].map((name) => centimetres(input(item, name).value));
	const [x, y, w, h] = four;
	item.partly = four.some(Number.isNaN) && !four.every(Number.isNaN);
	Object.assign(item, four.some(Number.isNaN) ? NOWHERE : { x, y, w, h });
	item.out = input(item, "fuori")?.checked ?? false;
	item.gone = input(item, "togli")?.checked ?? false;
}

// write puts the numbers of an item into its row.
export function write(item) {
	for (const name of ["x", "y", "w", "h"]) {
		const text = item.w > 0 ? String(item[name] / 100) : "";
		if (!(item.partly && text === "") && input(item, name).value !== text) input(item, name).value = text;
	}
	for (const [name, on] of [["fuori", item.out], ["togli", item.gone]]) {
		const box = input(item, name);
		if (box) box.checked = on;
	}
	if (!item.place) return;
	let to = input(item, "stanza");
	if (!to && item.room !== item.first?.[6]) {
		to = Object.assign(document.createElement("input"), { type: "hidden", name: `stanza.${item.key}` });
		item.row.prepend(to);
	}
	if (to) to.value = item.room;
}

// adopt makes the item of a row. What the row was when it was saved stands after
// its key: what somebody sent before is a change.
export function adopt(row) {
	const place = "seats" in row.dataset;
	const item = { key: row.dataset.row, row, place, room: (place && row.closest("[data-group]")?.dataset.group) || "", isNew: row.hasAttribute("data-new"), absent: false };
	read(item);
	const was = row.querySelector('[name="riga"]').value.slice(item.key.length + 1);
	const now = [item.x, item.y, item.w, item.h].join(" ") + (item.out ? " out" : "") + (item.gone ? " go" : "");
	item.touched = !item.isNew && (was !== now || !!input(item, "stanza"));
	item.first = stateOf(item);
	items.set(item.key, item);
	return item;
}

const snapshot = () => new Map(present().map((item) => [item.key, stateOf(item)]));

function restore(states) {
	for (const item of items.values()) {
		const state = states.get(item.key);
		item.absent = !state;
		if (state) FIELDS.forEach((f, i) => (item[f] = state[i]));
	}
}

// remember keeps how everything stands before a change; what it gives takes the
// change into what can be undone, and lists the items that are otherwise.
export function remember() {
	const before = snapshot();
	return () => {
		const now = snapshot(), other = [];
		for (const [key, state] of now) if (!before.get(key)?.every((v, i) => v === state[i])) other.push(items.get(key));
		for (const key of before.keys()) if (!now.has(key)) other.push(items.get(key));
		if (!other.length) return other;
		past.push(before);
		if (past.length > 200) past.shift();
		future.length = 0;
		return other;
	};
}

const step = (from, to) => {
	if (!from.length) return false;
	to.push(snapshot());
	restore(from.pop());
	return true;
};
export const undo = () => step(past, future);
export const redo = () => step(future, past);
export const canUndo = () => past.length > 0;
export const canRedo = () => future.length > 0;

export const overlap = (a, b) => a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
export const holds = (a, b) => b.x >= a.x && b.y >= a.y && b.x + b.w <= a.x + a.w && b.y + b.h <= a.y + a.h;
const offFloor = (i) => i.x < 0 || i.y < 0 || i.x + i.w > FAR || i.y + i.h > FAR || Math.min(i.w, i.h) < LEAST;

// crossing tells of each of some items which other one it overlaps, if any: they
// are looked through from left to right, so that most pairs are not.
function crossing(list) {
	const found = new Map(), sorted = [...list].sort((a, b) => a.x - b.x);
	sorted.forEach((a, i) => {
		for (let j = i + 1; j < sorted.length && sorted[j].x < a.x + a.w; j++) {
			const b = sorted[j];
			if (!overlap(a, b)) continue;
			if (!found.has(a)) found.set(a, b);
			if (!found.has(b)) found.set(b, a);
		}
	});
	return found;
}

// faults are what does not lie as it must, by key: [word, other].
export function faults() {
	const found = new Map(), walls = [], inRoom = new Map();
	const note = (item, word, other) => found.has(item.key) || found.set(item.key, [word, other]);
	for (const item of items.values()) {
		if (item.absent) continue;
		if (item.partly) note(item, "allFour");
		if (!drawn(item)) continue;
		if (offFloor(item)) note(item, item.place ? "tooSmall" : "offFloor");
		if (!item.place) walls.push(item);
		else if (inRoom.has(item.room)) inRoom.get(item.room).push(item);
		else inRoom.set(item.room, [item]);
	}
	for (const [a, b] of crossing(walls)) note(a, "overlaps", b);
	for (const [key, places] of inRoom) {
		const room = items.get(key);
		for (const a of places) if (!room || !drawn(room) || !holds(room, a)) note(a, "outside", room);
		for (const [a, b] of crossing(places.filter((p) => !p.out))) note(a, "overlaps", b);
	}
	return found;
}

// settle gives places that were moved the room in which their middle lies.
export function settle(moved) {
	for (const item of moved) {
		if (!item.place || !drawn(item)) continue;
		const at = { x: item.x + item.w / 2, y: item.y + item.h / 2, w: 0, h: 0 };
		const room = shown().find((r) => holdsPlaces(r) && holds(r, at));
		if (room) item.room = room.key;
	}
}

// snapped is where an edge at v comes to lie: at the nearest of some edges, or on
// the grid where that is clearly nearer.
export function snapped(v, edges, step) {
	let best = Math.round(v / step) * step, far = Math.abs(best - v) + 4;
	for (const edge of edges) if (Math.abs(edge - v) < far) [best, far] = [edge, Math.abs(edge - v)];
	return best;
}

// edgesFor are the places at which the corner of an item meets what it lies
// beside, along one axis.
export function edgesFor(item, at, size) {
	const list = [];
	for (const other of shown()) {
		if (other === item || (item.place ? other.place && other.room !== item.room : other.place)) continue;
		list.push(other[at], other[at] + other[size], other[at] - item[size], other[at] + other[size] - item[size]);
	}
	return list;
}

// space is where something of a size has nothing in its way: in a room, or on
// the floor where there is none.
export function space(w, h, room) {
	const others = room ? placesIn(room).filter((p) => drawn(p) && !p.out) : shown().filter((i) => !i.place);
	const within = room ?? { x: 0, y: 0, w: 10000, h: 10000 };
	for (let y = within.y; y + h <= within.y + within.h; y += STEP) {
		for (let x = within.x; x + w <= within.x + within.w; x += STEP) {
			const spot = { x, y, w, h };
			if (!others.some((o) => overlap(o, spot))) return spot;
		}
	}
}

// nextCode counts on from a code to the first that nobody has.
export function nextCode(like) {
	const [, stem, digits] = /^(.*?)(\d*)$/.exec(like);
	const elsewhere = document.querySelector("template[data-taken]").dataset.taken.split(" ");
	const taken = new Set([...elsewhere, ...[...items.values()].map(codeOf)]);
	for (let n = Number(digits || 1); ; n++) {
		const code = stem + String(n).padStart(digits.length, "0");
		if (!taken.has(code)) return code;
	}
}

let made = Math.max(0, ...[...document.querySelectorAll("[data-row][data-new]")].map((row) => Number(row.dataset.row.slice(1))));

// create makes something new: a row from the blank one of the page.
export function create(place, area, room, like) {
	const blank = document.querySelector(`template[data-blank="${place ? "place" : "room"}"]`);
	const key = `n${++made}`;
	const box = document.createElement("template");
	box.innerHTML = blank.innerHTML.replaceAll(`NEW-${place ? "PLACE" : "ROOM"}`, key);
	const row = box.content.firstElementChild;
	const code = row.querySelector('[name^="codice."]');
	code.value = nextCode(like ? codeOf(like) : code.value);
	const item = adopt(row);
	Object.assign(item, area, { room: room ?? "" });
	if (like) {
		input(item, place ? "tipo" : "scopo").value = kindOf(like);
		if (place) input(item, "posti").value = seatsOf(like);
		const from = like.isNew ? input(like, "come")?.value : like.key;
		if (place && from) row.prepend(Object.assign(document.createElement("input"), { type: "hidden", name: `come.${key}`, value: from }));
	}
	write(item);
	return item;
}
