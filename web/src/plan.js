// Places are chosen on the plan as in the list under it: the boxes of the list
// are what is sent, the plan shows and changes them. Without this file the
// places of the plan are links.
const all = (root, selector) => [...root.querySelectorAll(selector)];
const boxes = (form) => all(form, 'input[name="posto"]');
const seats = (form) => all(form, ".polis-seat");
const boxOf = (form, seat) => boxes(form).find((box) => box.value === seat.dataset.place);

// chosen are the ids of what is chosen; parts those of the atoms that come with it.
const chosen = (form) => boxes(form).filter((box) => box.checked);
const parts = (form) => new Set(chosen(form).flatMap((box) => [box.value, ...(box.dataset.parts ?? "").split(" ")]));

// withChosen is an address with the chosen places instead of others.
const withChosen = (form, href) => {
	const url = new URL(href, location);
	url.searchParams.delete("posto");
	for (const box of chosen(form)) url.searchParams.append("posto", box.value);
	return url;
};

// show brings the plan, the sum and the address in line with the list.
const show = (form) => {
	const ids = parts(form);
	for (const seat of seats(form)) {
		if (!seat.dataset.place) continue;
		const on = ids.has(seat.dataset.place);
		seat.classList.toggle("polis-seat-chosen", on);
		seat.setAttribute("aria-checked", on);
	}
	const list = chosen(form);
	form.querySelector("[data-count]").textContent = list.length;
	form.querySelector("[data-names]").textContent = list.map((box) => box.parentNode.querySelector(".polis-place-name").textContent).join(", ");
	const search = document.querySelector(".polis-search");
	for (const old of all(search, 'input[name="posto"]')) old.remove();
	search.prepend(...list.map((box) => Object.assign(document.createElement("input"), { type: "hidden", name: "posto", value: box.value })));
	for (const other of all(document, ".polis-langs a")) other.href = withChosen(form, other.href); // the same in the other language
	if (!location.pathname.endsWith("/prenota")) history.replaceState(history.state, "", withChosen(form, location.href));
};

// In the plan one place at a time can be reached with Tab, the others with the
// arrows.
const stop = (form, at) => {
	for (const seat of seats(form)) seat.setAttribute("tabindex", seat === at ? 0 : -1);
};

const start = () => {
	for (const form of all(document, "[data-choose]")) {
		for (const seat of seats(form)) if (seat.dataset.place) seat.setAttribute("role", "checkbox");
		const keys = form.querySelector("[data-keys]");
		if (keys) keys.hidden = false;
		stop(form, form.querySelector(".polis-seat[data-place]") ?? form.querySelector(".polis-seat"));
		show(form);
	}
};

// next is the nearest place in a direction: near ahead counts more than aside.
const ways = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] };
const middle = (seat) => {
	const { x, y, width, height } = seat.getBoundingClientRect();
	return [x + width / 2, y + height / 2];
};
const next = (form, from, [dx, dy]) => {
	const [x, y] = middle(from);
	let best, least = Infinity;
	for (const seat of seats(form)) {
		const [a, b] = middle(seat);
		const ahead = (a - x) * dx + (b - y) * dy;
		const aside = Math.abs((a - x) * dy) + Math.abs((b - y) * dx);
		const cost = ahead + 3 * aside;
		if (ahead > 1 && cost < least) [best, least] = [seat, cost];
	}
	return best;
};

const at = (event) => {
	const seat = event.target.closest?.(".polis-seat");
	return [seat, seat?.closest("[data-choose]")];
};
const toggle = (form, seat) => {
	const box = boxOf(form, seat);
	if (!box) return;
	box.checked = !box.checked;
	stop(form, seat);
	show(form);
};

document.addEventListener("click", (event) => {
	const [seat, form] = at(event);
	if (form && seat.dataset.place && !event.ctrlKey && !event.metaKey) {
		event.preventDefault();
		toggle(form, seat);
	}
	const link = event.target.closest?.("a[data-keep]");
	const around = link?.closest("[data-choose]");
	if (around) link.href = withChosen(around, link.href);
});
document.addEventListener("keydown", (event) => {
	const [seat, form] = at(event);
	if (!form || event.ctrlKey || event.metaKey || event.altKey) return;
	const to = ways[event.key] && next(form, seat, ways[event.key]);
	if (to) {
		stop(form, to);
		to.focus();
	}
	const pick = (event.key === " " || event.key === "Enter") && seat.dataset.place;
	if (pick) toggle(form, seat);
	if (pick || ways[event.key] || event.key === " ") event.preventDefault();
});
document.addEventListener("change", (event) => {
	const form = event.target.closest?.("[data-choose]");
	if (form) show(form);
});
document.addEventListener("DOMContentLoaded", start);
document.addEventListener("htmx:afterSettle", start);
window.addEventListener("pageshow", start); // the browser may have kept the boxes
