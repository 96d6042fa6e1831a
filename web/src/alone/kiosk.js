// The kiosk of an office. Its pages work by themselves; this makes them quicker, ends
// what somebody left, reads aloud, and goes on while the link is down: with numbers
// that the server gave beforehand, each used once, each handed over once.
import "../offline.js";
import { enrolled, renew } from "../device.js";
import * as alone from "../kiosk-store.js";

const WARN = 15; // seconds before the screen goes back to the start
const PATIENCE = 8000; // milliseconds that a number may take before the kiosk gives one of its own
const REFRESH = 60000;
const RETRY = 5000;
const FEW = 20; // numbers left of which more are asked for

const main = () => document.querySelector("main[data-kiosk]");
const find = (selector) => main().querySelector(selector);
const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
const office = main().dataset.office;
const start = main().dataset.start;
const zone = main().dataset.zone;
const pages = new Map(); // the start in each language, by address
const now = () => Date.now();
const today = (plus = 0) => new Intl.DateTimeFormat("sv-SE", { timeZone: zone }).format(now() + plus * 86400000);

let touched = now();
let busy = false;

// Pages.

async function load(url, options) {
	const answer = await fetch(url, { headers: { Accept: "text/html" }, signal: AbortSignal.timeout(PATIENCE), ...options });
	if ([502, 503, 504].includes(answer.status)) throw new Error("no server");
	return new DOMParser().parseFromString(await answer.text(), "text/html");
}

// show puts the screens of a page in the place of those that are seen.
function show(page, focus = true) {
	const next = page.querySelector("main[data-kiosk]");
	if (!next) return false;
	speechSynthesis?.cancel();
	const contrast = document.getElementById("contrasto")?.checked;
	document.documentElement.lang = page.documentElement.lang;
	main().replaceWith(document.importNode(next, true));
	ready(contrast);
	location.replace("#");
	if (focus) find("h1, .kiosk-number")?.focus();
	scrollTo(0, 0);
	return true;
}

// ready makes a new screen do what needs a script.
function ready(contrast) {
	touched = now();
	const box = document.getElementById("contrasto");
	if (box) box.checked = Boolean(contrast);
	const all = (selector) => main().querySelectorAll(selector);
	if (globalThis.speechSynthesis) for (const b of all("[data-listen]")) b.hidden = false;
	for (const b of all("[data-keys], [data-print]")) b.hidden = false;
	tellPending();
}

async function open(url, focus) {
	try {
		const page = await load(url);
		if (page.querySelector("main[data-kiosk]")) pages.set(url, page);
		return show(page, focus);
	} catch {
		return pages.has(url) && show(pages.get(url), focus);
	}
}

// home leaves nothing of who was here.
function home() {
	if (pages.has(start)) show(pages.get(start));
	else if (!busy) location.replace(start);
	refresh();
}

const resting = () => !main().querySelector(".kiosk-sheet:target") && !("ticket" in main().dataset) && document.documentElement.lang === "it";

async function refresh() {
	try {
		const page = await load(start);
		if (!page.querySelector("main[data-kiosk]")) return;
		pages.set(start, page);
		if (resting() && now() - touched > 5000) show(page, false);
		await link();
	} catch {
		tellPending();
	}
}

async function keepLanguages() {
	for (const { href } of document.querySelectorAll("[data-lang]")) {
		try {
			pages.set(new URL(href).pathname + new URL(href).search, await load(href));
		} catch {
			return;
		}
	}
}

// tell says something in the screen that is seen.
function tell(text) {
	const at = main().querySelector(".kiosk-sheet:target form") ?? find(".kiosk-body") ?? main();
	at.querySelector(".kiosk-told")?.remove();
	const note = Object.assign(document.createElement("p"), { className: "kiosk-told", textContent: text });
	note.setAttribute("role", "alert");
	at.prepend(note);
	note.scrollIntoView({ block: "nearest" });
}
const words = () => find("[data-nolink]").dataset;

// Numbers.

async function send(form) {
	if (busy) return;
	const data = new FormData(form);
	if (form.matches("[data-take]") && data.getAll("servizio").length === 0) return tell(words().ask);
	busy = true;
	data.set("chiave", (form.dataset.key ??= crypto.randomUUID?.() ?? `${now()}-${Math.random()}`));
	try {
		if (!show(await load(form.action, { method: "POST", body: new URLSearchParams(data) }))) tell(words().refused);
	} catch {
		if (!form.matches("[data-take]") || !(await takeAlone(form, data))) tell(words().text);
	} finally {
		busy = false;
	}
}

// takeAlone gives one of the numbers that were given beforehand.
async function takeAlone(form, data) {
	const services = data.getAll("servizio");
	const letter = form.closest("[data-letter]")?.dataset.letter ?? form.querySelector("[name=servizio]:checked")?.dataset.letter;
	const given = await alone.take(office, today(), {
		key: `${data.get("chiave")}-alone`, instead: data.get("chiave"), at: new Date().toISOString(),
		letter, services, priority: data.get("precedenza") ?? "", language: data.get("lingua"),
	});
	if (!given) return false;
	const shell = main().cloneNode(false), still = find("[data-still]").cloneNode(true);
	const shown = find("template[data-alone]").content.cloneNode(true);
	shown.querySelector("[data-number]").textContent = name(given);
	shell.dataset.ticket = "";
	shell.append(shown, still);
	main().replaceWith(shell);
	ready(false);
	location.replace("#");
	find(".kiosk-number").focus();
	return true;
}

const name = ({ letter, number }) => letter + String(number).padStart(3, "0");

async function tellPending() {
	const box = main().querySelector("[data-pending]");
	if (!box) return;
	const { waiting, refused } = await alone.list(office).catch(() => ({ waiting: [], refused: [] }));
	const lines = [];
	if (waiting.length > 0) lines.push(`${fill(box.dataset.text, { n: waiting.length })} (${waiting.map(name).join(", ")})`);
	if (refused.length > 0) lines.push(fill(box.dataset.unaccepted, { list: refused.map(name).join(", ") }));
	box.textContent = lines.join(" ");
	box.hidden = lines.length === 0;
}

// post asks the server as the device of the house; undefined where it is none.
async function post(path, body, kind, again = true) {
	const answer = await fetch(start + path, { method: "POST", headers: { Accept: "application/json", "Content-Type": kind }, body, signal: AbortSignal.timeout(PATIENCE) });
	if ((answer.status === 401 || answer.status === 403) && again && (await renew(true))) return post(path, body, kind, false);
	return answer.ok ? answer.json() : undefined;
}

// link is done whenever the server can be reached: what waits is handed over, and
// numbers are fetched for the next time.
let linking = false;
async function link() {
	if (linking) return;
	linking = true;
	try {
		for (;;) {
			const { waiting } = await alone.list(office);
			if (waiting.length === 0) break;
			const done = await post("/consegna", JSON.stringify(waiting.slice(0, 50)), "application/json");
			if (!done || done.length === 0) break;
			await alone.settle(done);
		}
		if (!(await enrolled())) return; // only a device of the house is given numbers beforehand
		for (const day of [today(), today(1)]) {
			if ((await alone.left(office, day)) >= FEW) continue;
			const block = await post("/numeri", new URLSearchParams({ giorno: day }), "application/x-www-form-urlencoded");
			if (!block) break;
			await alone.keep(office, block);
		}
		await alone.forget(today());
	} catch {
		// no link: next time
	} finally {
		linking = false;
		main().dataset.numbers = await alone.left(office, today()).catch(() => 0);
		tellPending();
	}
}

// What people do.

function goTo(id) {
	location.replace(`#${id}`);
	const sheet = document.getElementById(id);
	sheet?.querySelector("h1, h2")?.focus();
	scrollTo(0, 0);
	speechSynthesis?.cancel();
}

function read(sheet) {
	speechSynthesis.cancel();
	for (const part of sheet.querySelectorAll("[data-say]")) {
		const said = new SpeechSynthesisUtterance([...(part.querySelectorAll("li").length ? part.querySelectorAll("li") : [part])].map((p) => p.textContent.trim()).join(". "));
		said.lang = document.documentElement.lang;
		said.rate = 0.9;
		speechSynthesis.speak(said);
	}
}

document.addEventListener("click", (event) => {
	const hit = (selector) => event.target.closest(selector);
	let on;
	if ((on = hit("[data-also]"))) {
		const box = main().querySelector(`#insieme input[value="${CSS.escape(on.dataset.also)}"]`);
		if (box) box.checked = true;
	}
	if ((on = hit("[data-lang]"))) {
		event.preventDefault();
		open(on.getAttribute("href"));
	} else if (hit("[data-leave]")) {
		event.preventDefault();
		home();
	} else if (hit("[data-stay]")) {
		touched = now();
		find("[data-still]").close();
	} else if ((on = hit("a[href^='#']"))) {
		event.preventDefault();
		goTo(on.hash.slice(1));
	} else if ((on = hit("[data-listen]"))) read(on.closest(".kiosk-sheet, .kiosk-done"));
	else if (hit("[data-print]")) print();
	else if ((on = hit("[data-key]"))) {
		const field = find("#codice");
		field.value = on.dataset.key ? field.value + on.dataset.key : field.value.slice(0, -1);
	}
});

document.addEventListener("submit", (event) => {
	if (!event.target.matches("[data-take], [data-arrive]")) return;
	event.preventDefault();
	send(event.target);
});

// A reader of codes types quickly and ends with Enter, wherever the focus is.
let typed = "", typedAt = 0;
document.addEventListener("keydown", (event) => {
	if (event.target.matches("input[type=text]")) return;
	if (now() - typedAt > 100) typed = "";
	typedAt = now();
	if (event.key.length === 1) typed += event.key;
	const form = main().querySelector("[data-arrive]");
	if (event.key !== "Enter" || typed.length < 8 || !form) return;
	event.preventDefault();
	goTo("appuntamento");
	form.elements.codice.value = typed;
	typed = "";
	form.requestSubmit();
});

for (const kind of ["pointerdown", "keydown", "input"]) document.addEventListener(kind, () => !main().querySelector("dialog[open]") && (touched = now()), { passive: true });
document.addEventListener("cancel", () => (touched = now()), true);

setInterval(() => {
	const dialog = main().querySelector("[data-still]");
	if (resting() || !dialog || busy) return;
	const left = Math.ceil(Number(main().dataset.idle) - (now() - touched) / 1000);
	if (left <= 0) return home();
	if (left > WARN) return;
	const text = dialog.querySelector("[data-seconds]");
	text.textContent = fill(text.dataset.text, { n: left });
	if (!dialog.open) dialog.showModal();
}, 500);

setInterval(() => resting() && now() - touched > REFRESH / 2 && refresh(), REFRESH);
setInterval(async () => (await alone.list(office)).waiting.length > 0 && link(), RETRY);
addEventListener("online", link);

if (document.documentElement.lang === "it" && !("ticket" in main().dataset)) pages.set(start, document.cloneNode(true));
ready(false);
link();
keepLanguages();
