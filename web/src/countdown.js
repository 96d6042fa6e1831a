// The time for which places are kept, ticking each second. It counts down what
// the server said was left when it answered; the clock of this machine may be
// wrong. Where the machine slept, its clock tells at least for how long.
const countDown = (box) => {
	const clock = box.querySelector("strong");
	const told = box.parentElement.querySelector("[data-countdown-said]");
	const words = [...box.parentElement.querySelector("[data-countdown-words]").content.children];
	const answered = performance.getEntriesByType("navigation")[0]?.responseStart ?? 0;
	const elapsed = () => Math.max(performance.now(), Date.now() - performance.timeOrigin) - answered;
	let last;
	const tick = () => {
		const left = Math.max(0, Number(box.dataset.countdown) * 1000 - elapsed());
		const seconds = Math.ceil(left / 1000);
		clock.textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
		for (const word of words) {
			if (seconds <= Number(word.dataset.at) && last > Number(word.dataset.at)) told.textContent = word.textContent;
		}
		last = seconds;
		if (seconds > 0) setTimeout(tick, left % 1000 || 1000);
		else setTimeout(() => location.replace(box.dataset.page), 1000); // the server says how it stands
	};
	box.hidden = false;
	tick();
};
document.addEventListener("DOMContentLoaded", () => document.querySelectorAll("[data-countdown]").forEach(countDown));
