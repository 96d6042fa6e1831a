// The page of a number follows the events of its office and shows itself anew with
// each; the telephone shakes once when the number is called. Without this file the
// page looks every ten seconds.
const root = document.getElementById("numero");
const state = () => document.getElementById("numero")?.dataset.state;
let before = state();

document.body.addEventListener("htmx:afterSettle", () => {
	const now = state();
	if (now === "called" && before !== "called") navigator.vibrate?.([300, 150, 300]);
	before = now;
});

if (root?.dataset.events) {
	const stream = new EventSource(root.dataset.events);
	const look = () => {
		const shown = document.getElementById("numero");
		if (shown?.dataset.events) window.htmx?.trigger(shown, "live");
		else stream.close();
	};
	for (const kind of ["taken", "called", "recalled", "started", "missed", "parked", "returned", "transferred", "finished", "left", "desk", "office", "reset"]) {
		stream.addEventListener(kind, look);
	}
}
