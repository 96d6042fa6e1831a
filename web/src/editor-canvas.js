// The drawing of the editor: shapes that can be reached with Tab, handles of the
// one that is chosen, the view and how large it is.
import { drawn, items, codeOf, kindOf, nameOf, placesIn, shown } from "./editor-model.js";

export const canvas = document.querySelector("[data-canvas]");
const view = canvas.closest("[data-view]");
const shapes = canvas.querySelector("[data-shapes]"), grips = canvas.querySelector("[data-handles]");
const MARGIN = 100, SPARE = 300, WIDTH = 1600, HEIGHT = 900;
let box = canvas.viewBox.baseVal;
let scale = 0.3; // pixels for a centimetre

const make = (name, attributes) => {
	const node = document.createElementNS("http://www.w3.org/2000/svg", name);
	for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
	return node;
};
const put = (node, attributes) => {
	for (const [key, value] of Object.entries(attributes)) if (node.getAttribute(key) !== String(value)) node.setAttribute(key, value);
};

// at is the shape of an item, or where on the floor a pointer is.
export function at(what) {
	if (what.key !== undefined) return what.shape;
	const matrix = canvas.getScreenCTM();
	return { x: (what.clientX - matrix.e) / matrix.a, y: (what.clientY - matrix.f) / matrix.d };
}

// label is the text of a shape, in one or two lines: the name of a room in its
// corner, the code of a place in its middle, or its name where there is space for
// it. On the screen it is as large as can be read, however near one is.
const wide = 0.55; // of a letter, as part of the size of its text
const longest = (lines, w) => w / wide / Math.max(...lines.map((line) => [...line].length), 1);
const halves = (text) => {
	const words = text.split(" "), lines = [words.slice(0, Math.ceil(words.length / 2)), words.slice(Math.ceil(words.length / 2))];
	return lines.map((line) => line.join(" ")).filter(Boolean);
};
function label(item) {
	const { x, y, w, h } = item, usual = 15 / scale;
	if (!item.place) {
		const filled = placesIn(item).some((p) => p.x === x && p.y === y && p.w === w && p.h === h);
		const whole = [nameOf(item)], lines = longest(whole, w - 28) < 11 / scale ? halves(whole[0]) : whole;
		const size = Math.min(usual, h / 3, longest(lines, w - 28));
		return { lines: size * scale < 6 || filled ? [] : lines, x: x + 14, y: y + 10 + size, size };
	}
	const name = [nameOf(item)], lines = longest(name, w - 10) * scale >= 11 ? name : [codeOf(item)];
	const size = Math.min(usual, h / 2, longest(lines, w - 6));
	return { lines: size * scale < 5 ? [] : lines, x: x + w / 2, y: y + h / 2 + size * 0.36, size, anchor: "middle" };
}

// paint draws an item as it is now.
export function paint(item, { name, chosen, wrong }) {
	if (!drawn(item)) {
		item.shape?.remove();
		item.shape = null;
		return;
	}
	item.shape ??= shapes.querySelector(`[data-shape="${item.key}"]`);
	if (!item.shape) {
		item.shape = make("g", { "data-shape": item.key });
		item.shape.append(make("rect", {}), make("text", {}));
	}
	const rect = item.shape.querySelector("rect");
	item.shape.removeAttribute("transform"); // as the page came
	if (!item.shape.parentNode) order(item);
	put(rect, { x: item.x, y: item.y, width: item.w, height: item.h });
	relabel(item);
	const aside = !item.place && kindOf(item) !== "";
	put(item.shape, {
		tabindex: 0, role: "button", "aria-pressed": chosen, "aria-label": name,
		class: ["polis-shape", item.place ? "polis-shape-place" : "polis-shape-room", aside && "polis-shape-aside", item.out && "polis-shape-out", chosen && "polis-shape-chosen", wrong && "polis-shape-wrong"].filter(Boolean).join(" "),
	});
}

function relabel(item) {
	const text = item.shape.querySelector("text") ?? item.shape.appendChild(make("text", {}));
	const { lines, x, y, size, anchor } = label(item);
	put(text, { x: Math.round(x), y: Math.round(y), "font-size": Math.round(size), "text-anchor": anchor ?? "start" });
	if (lines.length < 2) {
		if (text.textContent !== (lines[0] ?? "")) text.textContent = lines[0] ?? "";
		return;
	}
	text.replaceChildren(...lines.map((line, i) => Object.assign(make("tspan", { x: Math.round(x), dy: i && Math.round(size * 1.15) }), { textContent: i ? line : `${line} ` })));
}

// order puts a new shape where Tab comes by: after its room and what is in it.
function order(item) {
	const before = item.place ? [...shapes.children].findLast((g) => g.dataset.shape === item.room || items.get(g.dataset.shape)?.room === item.room) : null;
	before ? before.after(item.shape) : shapes.append(item.shape);
}

const CORNERS = { nw: [0, 0], n: [0.5, 0], ne: [1, 0], e: [1, 0.5], se: [1, 1], s: [0.5, 1], sw: [0, 1], w: [0, 0.5] };

// handles are around the one item that is chosen, as large as fingers need.
let regrip;
export function handles(item) {
	regrip = () => handles(item);
	grips.replaceChildren();
	if (!item) return;
	const seen = 10 / scale, touched = 24 / scale;
	for (const [name, [dx, dy]] of Object.entries(CORNERS)) {
		const small = Math.min(item.w, item.h) * scale < 60;
		if (small && name.length === 1) continue;
		const x = item.x + dx * item.w, y = item.y + dy * item.h;
		const square = (size, more) => make("rect", { x: x - size / 2, y: y - size / 2, width: size, height: size, "data-handle": name, ...more });
		grips.append(square(touched, { fill: "transparent", class: `polis-grip polis-grip-${name}` }), square(seen, { class: `polis-handle polis-grip-${name}` }));
	}
}

let drawing;
export function band(area) {
	drawing ??= canvas.appendChild(make("rect", { class: "polis-band" }));
	put(drawing, { x: area.x, y: area.y, width: area.w, height: area.h });
}
export function unband() {
	drawing?.remove();
	drawing = null;
}

function resized() {
	put(canvas, { viewBox: [box.x, box.y, box.width, box.height].join(" "), width: Math.round(box.width * scale), height: Math.round(box.height * scale) });
	for (const item of shown()) if (item.shape) relabel(item);
	regrip?.();
}

// grow makes the sheet reach beyond all that is drawn.
export function grow() {
	const right = Math.max(WIDTH, ...shown().map((i) => i.x + i.w + SPARE)), bottom = Math.max(HEIGHT, ...shown().map((i) => i.y + i.h + SPARE));
	if (right <= box.width - 2 * MARGIN && bottom <= box.height - 2 * MARGIN) return;
	for (const sheet of canvas.querySelectorAll("[data-sheet]")) put(sheet, { width: right, height: bottom });
	box = { x: -MARGIN, y: -MARGIN, width: right + 2 * MARGIN, height: bottom + 2 * MARGIN };
	resized();
}

// zoom makes the drawing larger around the middle of what is seen.
export function zoom(by) {
	const x = (view.scrollLeft + view.clientWidth / 2) / scale, y = (view.scrollTop + view.clientHeight / 2) / scale;
	scale = Math.min(2, Math.max(0.05, scale * by));
	resized();
	view.scrollTo(x * scale - view.clientWidth / 2, y * scale - view.clientHeight / 2);
}

// fit shows the whole floor.
export function fit() {
	scale = Math.max(0.05, view.clientWidth / box.width);
	resized();
	view.scrollTo(0, 0);
}

export function startView() {
	canvas.dataset.live = "";
	fit();
	if (scale < 0.22) zoom(0.22 / scale); // so that a desk is seen and touched
	view.scrollTo(0, 0);
}
