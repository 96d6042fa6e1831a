// The plan of a floor, drawn by pointer and by keyboard. The form beside it holds
// the same numbers and is what is sent; without this file it is all there is.
import * as m from "../editor-model.js";
import { describe, fill, find, form, groups, house, words } from "../editor-form.js";
import { at, canvas, fit, grow, handles, paint, startView, band, unband, zoom } from "../editor-canvas.js";

const now = find("now"), wrongs = find("wrong"), changes = find("changes");
const buttons = [...form.querySelectorAll("[data-do]")];

let current = null; // the item that has the focus
let tool = "";
const kept = new Set(); // what is chosen besides
const chosen = () => {
	const all = new Set(kept);
	if (current) all.add(current);
	return [...all].filter((i) => !i.absent);
};
const chosenDrawn = () => chosen().filter(m.drawn);

const say = (text) => (now.textContent = text);
const tell = () => {
	const list = chosen();
	if (list.length > 1) say(fill(words.many, { n: list.length }));
	else if (list.length) say(describe(list[0]));
};

let wrong = new Map();
// show brings the rows, the drawing and what is said of both in line with the
// items; only some of them where nothing else can have changed.
function show(some = [...m.items.values()]) {
	const list = chosen(), before = wrong;
	wrong = m.faults();
	const changed = new Set([...some, ...[...before.keys(), ...wrong.keys()].map((key) => m.items.get(key))]);
	for (const item of changed) {
		const fault = wrong.get(item.key);
		m.write(item);
		house(item);
		paint(item, { name: describe(item), chosen: list.includes(item), wrong: !!fault });
		if (fault && !item.note) {
			item.note = Object.assign(document.createElement("p"), { className: "polis-field-error" });
			item.row.querySelector(".polis-editor-title").after(item.note);
		}
		if (item.note) {
			item.note.hidden = !fault;
			item.note.textContent = fault ? fill(words[fault[0]], { other: fault[1] ? m.nameOf(fault[1]) : "" }) : "";
		}
		item.row.classList.toggle("polis-editor-bad", !!fault);
		item.row.classList.toggle("polis-editor-chosen", list.includes(item));
		item.row.classList.toggle("polis-editor-out", item.out);
	}
	for (const group of groups.children) if (group.dataset.group) group.hidden = !group.querySelector("[data-row]");
	const none = groups.querySelector("[data-none]");
	if (none) none.hidden = m.present().length > 0;
	handles(list.length === 1 && m.drawn(list[0]) ? list[0] : null);
	const names = [...wrong.keys()].map((key) => m.nameOf(m.items.get(key)));
	const text = names.length ? fill(words.wrong, { list: names.slice(0, 6).join(", ") + (names.length > 6 ? " …" : "") }) : "";
	if (wrongs.textContent !== text) wrongs.textContent = text;
	const n = m.present().filter(m.isChanged).length;
	form.toggleAttribute("data-changed", n > 0);
	changes.textContent = n === 0 ? "" : fill(n === 1 ? words.change : words.changes, { n });
	const can = { undo: m.canUndo(), redo: m.canRedo(), copy: list.length, drop: list.length, turn: chosenDrawn().length };
	for (const name of ["left", "top"]) can[name] = chosenDrawn().length > 1;
	for (const name of ["across", "down"]) can[name] = chosenDrawn().length > 2;
	for (const button of buttons) {
		if (button.dataset.do in can) button.setAttribute("aria-disabled", !can[button.dataset.do]);
		else if (["room", "place"].includes(button.dataset.do)) button.setAttribute("aria-pressed", tool === button.dataset.do);
	}
	canvas.classList.toggle("polis-editor-drawing", tool !== "");
}

// choose makes an item the chosen one; more keeps those that are.
function choose(item, more = false) {
	const old = chosen();
	if (!more) kept.clear();
	else if (current) kept.add(current);
	current = item;
	if (item && matchMedia("(min-width: 992px)").matches) reveal(item);
	show([...old, ...chosen()]);
}

// reveal scrolls the list to the row of an item, and nothing else.
let opened;
function reveal(item) {
	const group = item.row.closest("details");
	if (!group) return;
	if (opened && opened !== group && !opened.contains(document.activeElement)) opened.open = false;
	if (!group.open) [opened, group.open] = [group, true];
	const box = groups.getBoundingClientRect(), row = item.row.getBoundingClientRect();
	if (row.top < box.top || row.bottom > box.bottom) groups.scrollTop += row.top - box.top - 40;
}

// change does something that can be undone, and shows it.
function change(fn) {
	const mark = m.remember(), old = chosen();
	const said = fn();
	show([...old, ...chosen(), ...settled(mark)]);
	said ? say(said) : tell();
}

// settled takes a change in, and makes the sheet as large as it has to be.
function settled(mark) {
	const other = mark();
	if (other.length) grow();
	return other;
}

// carried are items with what goes along: rooms with their places.
const carried = (list) => new Set(list.flatMap((i) => (i.place ? [i] : [i, ...m.placesIn(i).filter(m.drawn)])));

// toGrid is the next line of the grid from v in a direction.
const toGrid = (v, d, step) => (d > 0 ? Math.floor(v / step) * step + step : d < 0 ? Math.ceil(v / step) * step - step : v);

function nudge([dx, dy], size, step) {
	const list = chosenDrawn();
	if (!list.length) return;
	change(() => {
		if (size) {
			for (const item of list) {
				item.w = Math.max(m.LEAST, toGrid(item.x + item.w, dx, step) - item.x);
				item.h = Math.max(m.LEAST, toGrid(item.y + item.h, dy, step) - item.y);
			}
			return;
		}
		const lead = list.includes(current) ? current : list[0];
		const by = [toGrid(lead.x, dx, step) - lead.x, toGrid(lead.y, dy, step) - lead.y];
		const all = carried(list);
		for (const item of all) [item.x, item.y] = [Math.max(0, item.x + by[0]), Math.max(0, item.y + by[1])];
		if (list.every((i) => i.place)) m.settle(all);
	});
}

// drop takes out: something new is gone, a place is out of use and then off the
// plan, a room goes if it has no places.
function drop() {
	const list = chosen();
	if (!list.length) return;
	change(() => {
		let said;
		for (const item of list) {
			const values = { name: m.nameOf(item) };
			if (!item.place && (m.placesIn(item).length || (!item.isNew && !m.input(item, "togli")))) said = fill(words.full, values);
			else if (item.isNew) [item.absent, said] = [true, fill(words.gone, values)];
			else if (!item.place) [item.gone, said] = [true, fill(words.gone, values)];
			else if (!item.out) [item.out, said] = [true, fill(words.again, values)];
			else [item.x, item.y, item.w, item.h, said] = [0, 0, 0, 0, fill(words.off, values)];
		}
		return said;
	});
	if (current && !m.drawn(current)) {
		current = null;
		show();
	}
}

// copy puts what is chosen once more beside it, where there is space.
function copy() {
	const list = chosenDrawn();
	const of = list.some((i) => i.place) ? list.filter((i) => i.place) : list;
	if (!of.length) return;
	change(() => {
		const left = Math.min(...of.map((i) => i.x)), top = Math.min(...of.map((i) => i.y));
		const w = Math.max(...of.map((i) => i.x + i.w)) - left, h = Math.max(...of.map((i) => i.y + i.h)) - top;
		const ways = [[0, h + 100], [0, h + 50], [0, h], [w, 0], [0, -h - 100], [0, -h], [-w, 0]];
		const free = ([dx, dy]) => of.every((i) => {
			const spot = { ...i, x: i.x + dx, y: i.y + dy };
			if (i.place && !m.holds(m.items.get(i.room), spot)) return false;
			return spot.x >= 0 && spot.y >= 0 && !m.shown().some((o) => o.place === i.place && !o.out && m.overlap(o, spot));
		});
		const [dx, dy] = of[0].place ? ways.find(free) ?? [0, h] : [w, 0];
		const made = of.sort((a, b) => a.y - b.y || a.x - b.x).map((i) => m.create(i.place, { x: i.x + dx, y: i.y + dy, w: i.w, h: i.h }, i.room, i));
		kept.clear();
		for (const item of made) kept.add(item);
		current = made[0];
		return fill(words.copied, { n: made.length });
	});
	at(current)?.focus();
}

// turn lays what is chosen across, around its middle.
function turn() {
	const list = chosenDrawn(), grid = (v) => Math.max(0, Math.round(v / m.FINE) * m.FINE);
	if (!list.length) return;
	change(() => {
		for (const item of list) {
			const { x, y, w, h } = item;
			Object.assign(item, { x: grid(x + (w - h) / 2), y: grid(y + (h - w) / 2), w: h, h: w });
		}
		if (list.every((i) => i.place)) m.settle(list);
	});
}

function align(way) {
	const list = chosenDrawn();
	change(() => {
		const [axis, size] = way === "left" || way === "across" ? ["x", "w"] : ["y", "h"];
		if (way === "left" || way === "top") {
			const least = Math.min(...list.map((i) => i[axis]));
			for (const item of list) moveTo(item, axis, least);
			return;
		}
		list.sort((a, b) => a[axis] - b[axis]);
		const last = list.at(-1), from = list[0][axis];
		const gap = (last[axis] + last[size] - from - list.reduce((sum, i) => sum + i[size], 0)) / (list.length - 1);
		let next = from;
		for (const item of list) {
			moveTo(item, axis, Math.round(next));
			next += item[size] + gap;
		}
	});
}
function moveTo(item, axis, v) {
	const by = v - item[axis];
	for (const i of carried([item])) i[axis] += by;
}

// add makes something new and goes there.
function add(place, area, room) {
	if (place && !room) return say(words.noRoom);
	let item;
	change(() => {
		item = m.create(place, area, room?.key);
		kept.clear();
		current = item;
		return `${place ? words.newPlace : words.newRoom}. ${describe(item)}`;
	});
	setTool("");
	reveal(item);
	at(item)?.focus();
}
const usual = () => {
	const like = chosenDrawn().find((i) => i.place) ?? m.shown().find((i) => i.place);
	return like ? [like.w, like.h] : [160, 80];
};
// addInSpace is for who does not point.
function addInSpace(place) {
	if (!place) return add(false, m.space(400, 300) ?? { x: 0, y: 0, w: 400, h: 300 });
	const near = current && (current.place ? m.items.get(current.room) : current);
	const room = [near, ...m.rooms()].find((r) => r && m.drawn(r) && m.holdsPlaces(r));
	if (!room) return say(words.noRoom);
	const [w, h] = usual();
	add(true, m.space(w, h, room) ?? { x: room.x, y: room.y, w, h }, room);
}

function setTool(name) {
	tool = name;
	if (name) say(name === "room" ? words.draw : words.put);
	show([]);
}

const acts = {
	undo: () => m.undo() && again(words.undone),
	redo: () => m.redo() && again(words.redone),
	copy, drop, turn,
	in: () => zoom(1.25), out: () => zoom(0.8), fit: () => fit(),
};
function again(said) {
	if (current?.absent) current = null;
	for (const item of kept) if (item.absent) kept.delete(item);
	grow();
	show();
	say(said);
}

find("tools").addEventListener("click", (event) => {
	const name = event.target.closest("[data-do]")?.dataset.do;
	if (!name || event.target.closest('[aria-disabled="true"]')) return;
	if (name === "room" || name === "place") {
		if (event.detail === 0) addInSpace(name === "place"); // by keyboard
		else setTool(tool === name ? "" : name);
	} else if (acts[name]) acts[name]();
	else align(name);
});

// By keyboard
const arrows = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
form.addEventListener("keydown", (event) => {
	const control = event.ctrlKey || event.metaKey, key = event.key.toLowerCase();
	const inField = event.target.closest("input:not([type=checkbox]), select");
	const shape = event.target.closest("[data-shape]");
	let done = true;
	if (control && key === "z" && !inField) event.shiftKey ? acts.redo() : acts.undo();
	else if (control && key === "y" && !inField) acts.redo();
	else if (event.key === "Escape" && (tool || kept.size)) {
		kept.clear();
		setTool("");
		show();
	} else if (!shape) done = false;
	else if (event.key === "Escape") form.querySelector("[type=submit]").focus();
	else if (arrows[event.key] && !control) nudge(arrows[event.key], event.shiftKey, event.altKey ? m.FINE : m.STEP);
	else if (control && key === "d") copy();
	else if (control && key === "a") {
		for (const item of m.shown()) if (item.place && item.room === (current.place ? current.room : current.key)) kept.add(item);
		show();
		tell();
	} else if (control || event.altKey) done = false;
	else if (event.key === "Enter") openFields();
	else if (event.key === "Delete" || event.key === "Backspace") drop();
	else if (event.key === " ") {
		kept.has(current) ? kept.delete(current) : kept.add(current);
		show();
		tell();
	} else if (key === "r") turn();
	else if (key === "n") addInSpace(!event.shiftKey);
	else if (key === "+" || key === "=") zoom(1.25);
	else if (key === "-") zoom(0.8);
	else done = false;
	if (done) event.preventDefault();
});
// Enter in a field does not save: the button does.
form.addEventListener("keypress", (event) => {
	if (event.key === "Enter" && event.target.closest("input")) event.preventDefault();
});
function openFields() {
	const group = current.row.closest("details");
	group.open = true;
	(m.input(current, "codice") ?? m.input(current, "x")).focus();
}

// The focus chooses; what was kept stays. (A listener on the drawing itself would
// make Chromium stop there.)
find("view").addEventListener("focusin", (event) => {
	const item = m.items.get(event.target.closest("[data-shape]")?.dataset.shape);
	if (!item || item === current) return;
	const old = chosen();
	current = item;
	if (matchMedia("(min-width: 992px)").matches) reveal(item);
	show([...old, item]);
	if (kept.size === 0) say(describe(item));
});
groups.addEventListener("focusin", (event) => {
	const item = m.items.get(event.target.closest("[data-row]")?.dataset.row);
	if (item && item !== current) {
		const old = chosen();
		kept.clear();
		current = item;
		show([...old, item]);
	}
});

// By the numbers
groups.addEventListener("input", (event) => {
	const item = m.items.get(event.target.closest("[data-row]")?.dataset.row);
	if (!item) return;
	const mark = m.remember();
	m.read(item);
	show([item, ...settled(mark)]);
});

// By pointer: on a handle it resizes, on a shape it moves, on the sheet it
// chooses what lies in a band; with a tool it draws. A finger moves only what
// is chosen, so that it can scroll.
canvas.addEventListener("pointerdown", (event) => {
	if (event.button !== 0) return;
	const p = at(event), target = event.target.closest("[data-shape], [data-handle]");
	const item = m.items.get(target?.dataset.shape);
	if (tool === "place") return event.preventDefault(), putAt(p);
	if (tool === "room") return drag(event, bandOf(p), (a) => a && add(false, a));
	if (target?.dataset.handle) return drag(event, resize(current, target.dataset.handle));
	if (!item) {
		if (event.pointerType === "mouse") drag(event, bandOf(p), (a) => a && pick(a), () => choose(null));
		return;
	}
	const more = event.shiftKey || event.ctrlKey || event.metaKey;
	if (event.pointerType !== "mouse" && !chosen().includes(item)) return; // a tap chooses, with click
	if (more && chosen().includes(item) && chosen().length > 1) {
		kept.delete(item);
		if (current === item) current = [...kept].pop() ?? null;
		return show();
	}
	if (!chosen().includes(item)) choose(item, more);
	else if (current !== item) [current] = (kept.add(current ?? item), [item]);
	at(item).focus({ preventScroll: true });
	tell();
	drag(event, move(item, p), null, () => {
		if (!more) choose(item);
		tell();
	});
});
canvas.addEventListener("click", (event) => {
	const item = m.items.get(event.target.closest("[data-shape]")?.dataset.shape);
	if (!tool && item && !chosen().includes(item)) {
		choose(item, event.shiftKey);
		at(item).focus({ preventScroll: true });
		tell();
	} else if (!tool && !item && event.pointerType === "touch") choose(null);
});

// Otherwise the browser would scroll with the finger that moves something.
find("view").addEventListener("touchstart", (event) => {
	const shape = event.target.closest("[data-shape]"), item = m.items.get(shape?.dataset.shape);
	if (tool || event.target.closest("[data-handle]") || (item && chosen().includes(item))) event.preventDefault();
}, { passive: false });

function putAt(p) {
	const [w, h] = usual(), spot = { ...p, w: 0, h: 0 };
	const room = m.shown().find((r) => m.holdsPlaces(r) && m.holds(r, spot));
	const corner = (v, size) => Math.max(0, Math.round((v - size / 2) / m.STEP) * m.STEP);
	add(true, { x: corner(p.x, w), y: corner(p.y, h), w, h }, room);
}

// drag follows a pointer until it is let go: step for each move, done with what
// the last one gave; click where it never moved.
function drag(event, step, done, click) {
	event.preventDefault();
	canvas.setPointerCapture(event.pointerId);
	const mark = m.remember(), from = [event.clientX, event.clientY];
	let moved = false, last, frame = 0;
	const follow = (e) => {
		moved ||= Math.hypot(e.clientX - from[0], e.clientY - from[1]) > 3;
		if (!moved) return;
		cancelAnimationFrame(frame);
		frame = requestAnimationFrame(() => (last = step(at(e), e)));
	};
	const stop = (e) => {
		cancelAnimationFrame(frame);
		for (const [type, fn] of Object.entries(ends)) canvas.removeEventListener(type, fn);
		unband();
		if (!moved) return click?.();
		last = step(at(e), e);
		unband();
		step.end?.();
		show([...chosen(), ...settled(mark)]);
		tell();
		done?.(last);
	};
	const ends = { pointermove: follow, pointerup: stop, pointercancel: stop };
	for (const [type, fn] of Object.entries(ends)) canvas.addEventListener(type, fn);
}

function move(item, p) {
	const all = carried(chosenDrawn()), first = new Map([...all].map((i) => [i, [i.x, i.y]]));
	const lone = first.size === 1 || !item.place;
	const step = (to, e) => {
		const by = e.altKey ? m.FINE : m.STEP, [x, y] = first.get(item);
		const edge = (axis, size) => (lone && !e.altKey ? m.edgesFor(item, axis, size).filter((v) => ![...all].some((i) => i !== item && Math.abs(i[axis] - v) < 1)) : []);
		const dx = Math.max(0, m.snapped(x + to.x - p.x, edge("x", "w"), by)) - x;
		const dy = Math.max(0, m.snapped(y + to.y - p.y, edge("y", "h"), by)) - y;
		for (const [i, [a, b]] of first) [i.x, i.y] = [Math.max(0, a + dx), Math.max(0, b + dy)];
		show([...all]);
	};
	step.end = () => chosenDrawn().every((i) => i.place) && m.settle(all);
	return step;
}

function resize(item, handle) {
	const { x, y, w, h } = item, right = x + w, bottom = y + h;
	return (p, e) => {
		const by = e.altKey ? m.FINE : m.STEP;
		const [px, py] = [Math.max(0, m.snapped(p.x, [], by)), Math.max(0, m.snapped(p.y, [], by))];
		if (handle.includes("w")) [item.x, item.w] = [Math.min(px, right - m.LEAST), right - Math.min(px, right - m.LEAST)];
		if (handle.includes("e")) item.w = Math.max(m.LEAST, px - x);
		if (handle.includes("n")) [item.y, item.h] = [Math.min(py, bottom - m.LEAST), bottom - Math.min(py, bottom - m.LEAST)];
		if (handle.includes("s")) item.h = Math.max(m.LEAST, py - y);
		show([item]);
	};
}

function bandOf(p) {
	return (to, e) => {
		const by = e.altKey ? m.FINE : m.STEP, grid = (v) => Math.max(0, Math.round(v / by) * by);
		const [x, y] = [grid(Math.min(p.x, to.x)), grid(Math.min(p.y, to.y))];
		const area = { x, y, w: grid(Math.max(p.x, to.x)) - x, h: grid(Math.max(p.y, to.y)) - y };
		band(area);
		return area.w >= m.STEP && area.h >= m.STEP ? area : null;
	};
}
function pick(area) {
	kept.clear();
	for (const item of m.shown()) if (item.place && m.holds(area, item)) kept.add(item);
	current = [...kept][0] ?? null;
	show();
	tell();
}

for (const row of form.querySelectorAll("[data-row]")) m.adopt(row);
find("tools").hidden = find("keys").hidden = false;
startView();
show();
form.dataset.ready = "";
