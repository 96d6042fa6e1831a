// The console of a desk: one key for each act, a reader that types wherever the
// focus is, and a line that is the present one. Without this file each act is a
// button, and the page is loaded again by hand.
const root = document.querySelector("[data-console]");
const OFF = "polis.keys-off";
const ALONE = 60; // a key after which nothing comes for so long was pressed by a person
const PAUSE = 250; // a reader makes no longer pause between two lines
const CARD = 8; // what is shorter is no card
const REFRESH = 20000;

// Keys can be switched off: not everybody wants letters to act (WCAG 2.1.4).
const toggle = root.querySelector("[data-keys]");
const keysOn = () => localStorage.getItem(OFF) === null;
function showKeys() {
	document.documentElement.classList.toggle("polis-keys", keysOn());
	toggle?.setAttribute("aria-pressed", String(keysOn()));
}
toggle?.addEventListener("click", () => {
	if (keysOn()) localStorage.setItem(OFF, "1");
	else localStorage.removeItem(OFF);
	showKeys();
});
if (toggle) toggle.hidden = false;
showKeys();

const editable = (element) => element?.closest?.("input:not([type=checkbox], [type=radio], [type=hidden]), textarea, select");

function act(key) {
	const target = root.querySelector(`[data-key="${CSS.escape(key)}"]`);
	if (target?.matches("textarea, input")) target.focus();
	else target?.click();
}

// take sends what a reader typed: from the page that asks for it, or to that page.
function take(text) {
	const field = root.querySelector("[data-reader-field]");
	if (!field) return;
	field.value = text.trim();
	field.form.requestSubmit();
}

// A reader types a whole card within some milliseconds: only a key that stays alone
// is one that somebody pressed.
let typed = "", timer;
function done() {
	const text = typed;
	typed = "";
	if (text.length === 1) {
		if (keysOn()) act(text.toLowerCase());
	} else if (text.trim().length >= CARD) take(text);
}
document.addEventListener("keydown", (event) => {
	if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing || event.defaultPrevented) return;
	if (document.querySelector("dialog[open]")) return;
	const field = event.target.closest?.("[data-reader-field]");
	if (field) return inField(event, field);
	if (editable(event.target)) return;
	if (event.key === "Enter" && typed.length > 1) {
		event.preventDefault();
		typed += "\n";
	} else if (event.key.length === 1 && event.key !== " ") {
		typed += event.key;
	} else return;
	clearTimeout(timer);
	timer = setTimeout(done, typed.length === 1 ? ALONE : PAUSE);
});

// In the field a card may have several lines: it is sent when nothing follows.
function inField(event, field) {
	clearTimeout(timer);
	if (event.key === "Escape") return field.blur();
	if (event.key !== "Enter" || event.shiftKey) return;
	event.preventDefault();
	if (field.value.trim() === "") return;
	field.value += "\n";
	timer = setTimeout(() => take(field.value), PAUSE);
}

// What changes by itself is shown as it is now: all of it, or the line alone while
// somebody is typing or choosing.
function refresh() {
	if (document.hidden) return;
	const busy = editable(document.activeElement) || root.querySelector("#console details[open]");
	const part = root.querySelector(busy ? "#fila" : "#console[data-fresh]");
	part?.dispatchEvent(new CustomEvent("polis-refresh"));
}
let soon;
const changed = () => {
	clearTimeout(soon);
	soon = setTimeout(refresh, 150);
};
if (root.dataset.events) {
	const kinds = ["taken", "called", "recalled", "started", "missed", "parked", "returned", "transferred", "finished", "left", "desk", "office", "message"];
	const events = new EventSource(root.dataset.events);
	for (const kind of kinds) events.addEventListener(kind, changed);
	window.addEventListener("pagehide", () => events.close());
}
setInterval(refresh, REFRESH);
document.addEventListener("visibilitychange", refresh);

// Who does not see the page is told what became of it.
const said = root.querySelector("[data-said]");
document.addEventListener("htmx:afterSettle", () => {
	const say = root.querySelector("[data-say]")?.dataset.say ?? "";
	if (said.textContent !== say) said.textContent = say;
});
document.addEventListener("htmx:responseError", (event) => {
	if (event.detail.requestConfig.verb !== "get") location.reload();
});
