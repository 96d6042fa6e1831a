// The form of the editor: what is said of its items, where their rows stand, and
// which of them are sent.
import * as m from "./editor-model.js";

export const form = document.querySelector("[data-editor]");
export const find = (name) => form.querySelector(`[data-${name}]`);
export const words = find("words").dataset;
export const groups = find("rooms");

export const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
const numbers = new Intl.NumberFormat(document.documentElement.lang, { maximumFractionDigits: 2 });
const metres = (cm) => numbers.format(cm / 100);

const titleOf = (item) => (item.place && m.codeOf(item) !== m.nameOf(item) ? `${m.codeOf(item)} ${m.nameOf(item)}` : m.nameOf(item));
export const describe = (item) =>
	fill(m.drawn(item) ? words.is : words.undrawn, { name: titleOf(item), x: metres(item.x), y: metres(item.y), w: metres(item.w), h: metres(item.h) }) +
	(item.out ? `, ${words.out}` : "");

// house puts the row of an item where it belongs: into the group of its room.
export function house(item) {
	if (item.absent) return item.row.remove();
	const key = item.place ? item.room : item.key;
	let group = groups.querySelector(`[data-group="${key}"]`);
	if (!group) {
		group = document.createElement("details");
		group.className = "polis-editor-room";
		group.dataset.group = key;
		group.open = true;
		group.innerHTML = '<summary><span class="polis-editor-name"></span></summary><ul></ul>';
		groups.append(group);
	}
	const list = group.querySelector("ul");
	if (item.row.parentNode !== list) item.place ? list.append(item.row) : list.prepend(item.row);
	if (!item.place && item.isNew) group.querySelector(".polis-editor-name").textContent = m.nameOf(item);
}

// What is sent is what was changed. Coming back makes the form whole again.
const leaveOut = (item, out) => {
	for (const field of item.row.querySelectorAll("input, select")) field.disabled = out;
};
let sending = false;
form.addEventListener("submit", () => {
	sending = true;
	for (const item of m.items.values()) leaveOut(item, !m.isChanged(item));
});
window.addEventListener("pageshow", () => {
	sending = false;
	for (const item of m.items.values()) leaveOut(item, false);
});
window.addEventListener("beforeunload", (event) => {
	if (!sending && m.present().some(m.isChanged)) event.preventDefault();
});
