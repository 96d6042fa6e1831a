// On devices that people share: the end of a session is said half a minute before,
// one tap or key prolongs it, whoever uses the page prolongs it by that, and nothing
// is left for the next person.
const LAST = 30; // seconds before the end
const USED = 20; // seconds after which use is told again

const count = (box) => {
	const dialog = box.querySelector("[data-ending-box]");
	const clock = box.querySelector("[data-ending-clock]");
	const said = box.querySelector("[data-ending-said]");
	const form = box.querySelector("[data-prolong]");
	const answered = performance.getEntriesByType("navigation")[0]?.responseStart ?? 0;
	// The clock of this machine may be wrong; where it slept, it tells for how long.
	const now = () => Math.max(performance.now(), Date.now() - performance.timeOrigin) / 1000;
	let end = answered / 1000 + Number(box.dataset.ending);
	let last = "last" in box.dataset;
	let told = answered / 1000;
	let asking = false;

	const over = () => location.replace(box.dataset.over);
	const prolong = async () => {
		if (asking || last) return;
		asking = true;
		told = now();
		try {
			const answer = await fetch(form.action, { method: "POST", headers: { Accept: "application/json" } });
			if (answer.status === 401) return over();
			if (answer.ok) {
				const { seconds, last: final } = await answer.json();
				end = now() + seconds;
				last = final;
				if (dialog.open && seconds > LAST) {
					dialog.close();
					said.textContent = said.dataset.stayed;
				}
			}
		} catch {
			// no network: the end stays where it was
		} finally {
			asking = false;
		}
	};
	const tick = () => {
		const left = Math.ceil(end - now());
		if (left < 0) return over();
		clock.textContent = `0:${String(Math.max(0, left)).padStart(2, "0")}`;
		if (left <= LAST && !dialog.open) {
			box.querySelector("[data-ending-more]").hidden = last;
			box.querySelector("[data-ending-last]").hidden = !last;
			box.querySelector("[data-ending-stay]").hidden = last;
			said.textContent = said.dataset.soon;
			dialog.showModal();
		}
		setTimeout(tick, 500);
	};
	box.querySelector("[data-ending-stay]").addEventListener("click", prolong);
	box.querySelector("[data-ending-out]").addEventListener("click", () => box.querySelector("[data-ending-sign-out]").submit());
	dialog.addEventListener("cancel", prolong); // Escape stays too
	form.addEventListener("submit", (event) => {
		event.preventDefault();
		prolong();
	});
	for (const use of ["keydown", "pointerdown", "input"]) {
		document.addEventListener(use, () => !dialog.open && now() - told > USED && prolong(), { passive: true });
	}
	tick();
};

// What a page that was signed in showed does not come back by the history.
window.addEventListener("pageshow", ({ persisted }) => {
	if (persisted && document.querySelector(".polis-person, [data-ending]")) location.reload();
});

// Nothing that was typed is offered to the next person.
const forget = (root) => {
	for (const field of root.querySelectorAll("form, input, textarea, select")) field.autocomplete = "off";
};

// The key by which a device of a house is known stays; all else that pages keep goes.
const clean = async () => {
	localStorage.clear();
	sessionStorage.clear();
	if ("caches" in window) await caches.delete("polis-kept");
};

document.addEventListener("DOMContentLoaded", () => {
	const box = document.querySelector("[data-ending]");
	if (box) count(box);
	if ("shared" in document.body.dataset) forget(document);
	if (document.querySelector("[data-clean]")) clean();
});
document.addEventListener("htmx:afterSettle", ({ target }) => "shared" in document.body.dataset && forget(target));
