// The map: buttons, Ctrl and wheel, and dragging look closer; a card points out
// its mark. Without this file the map stands still and leads on all the same.

const most = 16;

const start = (box) => {
	const svg = box.querySelector(".polis-map-main");
	const buttons = box.querySelector(".polis-map-zoom");
	if (!svg || !buttons?.hidden) return;
	buttons.hidden = false;
	const { width, height } = svg.viewBox.baseVal;
	const text = box.querySelector(".polis-map-scale text");
	const whole = text?.textContent;
	const km = Number(box.dataset.map);
	let zoom = 1, x = 0, y = 0; // how near, and the upper left corner

	const show = () => {
		x = Math.min(Math.max(x, 0), width - width / zoom);
		y = Math.min(Math.max(y, 0), height - height / zoom);
		svg.setAttribute("viewBox", `${x} ${y} ${width / zoom} ${height / zoom}`);
		svg.style.setProperty("--near", 1 / zoom);
		box.classList.toggle("polis-map-near", zoom > 1);
		buttons.querySelector("[data-zoom=out]").disabled = zoom === 1;
		buttons.querySelector("[data-zoom=in]").disabled = zoom === most;
		if (text) {
			const here = km / zoom;
			text.textContent = zoom === 1 ? whole : here < 1
				? `${Math.round(here * 1000)} m`
				: `${here.toLocaleString(document.documentElement.lang, { maximumFractionDigits: 1 })} km`;
		}
	};
	// look closer or wider, a point of the picture staying where it is
	const by = (factor, atX = 0.5, atY = 0.5) => {
		const to = Math.min(Math.max(zoom * factor, 1), most);
		x += atX * (width / zoom - width / to);
		y += atY * (height / zoom - height / to);
		zoom = to;
		show();
	};
	buttons.addEventListener("click", (event) => {
		const way = event.target.dataset.zoom;
		if (way) by(way === "in" ? 2 : 0.5);
	});
	svg.addEventListener("wheel", (event) => {
		if (!event.ctrlKey && !event.metaKey) return;
		event.preventDefault();
		const at = svg.getBoundingClientRect();
		by(event.deltaY < 0 ? 1.4 : 1 / 1.4, (event.clientX - at.left) / at.width, (event.clientY - at.top) / at.height);
	}, { passive: false });

	let from = null; // where a drag began
	svg.addEventListener("pointerdown", (event) => {
		if (zoom > 1 && event.button === 0) from = { px: event.clientX, py: event.clientY, x, y, moved: false };
	});
	svg.addEventListener("pointermove", (event) => {
		if (!from) return;
		const dx = event.clientX - from.px, dy = event.clientY - from.py;
		if (!from.moved && Math.hypot(dx, dy) < 6) return;
		if (!from.moved) svg.setPointerCapture(event.pointerId);
		from.moved = true;
		const unit = width / zoom / svg.getBoundingClientRect().width;
		x = from.x - dx * unit;
		y = from.y - dy * unit;
		show();
	});
	const drop = () => setTimeout(() => (from = null));
	svg.addEventListener("pointerup", drop);
	svg.addEventListener("pointercancel", drop);
	svg.addEventListener("click", (event) => from?.moved && event.preventDefault(), true);
	svg.addEventListener("dragstart", (event) => event.preventDefault());
};

// A map that a small window folds away stands open in a wide one.
const wide = matchMedia("(min-width: 992px)");
const unfold = (root) => {
	if (wide.matches) for (const fold of root.querySelectorAll(".polis-map-fold")) fold.open = true;
};

const all = (root) => {
	unfold(root);
	for (const box of root.querySelectorAll("[data-map]")) start(box);
};
document.addEventListener("DOMContentLoaded", () => all(document));
document.addEventListener("htmx:afterSettle", () => all(document));
wide.addEventListener("change", () => unfold(document));

const point = (event) => {
	const card = event.target.closest?.("[data-mark]");
	for (const mark of document.querySelectorAll(".polis-map-on")) mark.classList.remove("polis-map-on");
	if (card) document.getElementById(card.dataset.mark)?.classList.add("polis-map-on");
};
document.addEventListener("pointerover", point);
document.addEventListener("focusin", point);
