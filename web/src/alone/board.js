// The board on the wall: follows the events of its office, shows the page anew with
// each, and calls new numbers by sound and voice. It comes back by itself.
import { renew } from "../device.js";

const KINDS = ["ready", "reset", "taken", "called", "recalled", "started", "missed", "parked", "returned", "transferred", "finished", "left", "desk", "office"];
const POLL = 10000; // milliseconds between looks while there is no stream
const LOOK = 60000; // and while there is one
const NEW = 12000; // how long a new call stands out

const root = document.querySelector("[data-board]");
const find = (name) => root.querySelector(`[data-${name}]`);
const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
const clock = new Intl.DateTimeFormat(document.documentElement.lang, { timeStyle: "short", timeZone: root.dataset.zone });
const marks = (of) => [...of.querySelectorAll("[data-mark]")];

let known = new Set(marks(root).map((m) => m.dataset.mark));
let looked = Date.now(), asking = false, again = false;

async function look() {
	if (asking) return void (again = true);
	asking = true;
	try {
		const answer = await fetch(location.href, { headers: { Accept: "text/html" }, signal: AbortSignal.timeout(8000) });
		const page = new DOMParser().parseFromString(await answer.text(), "text/html");
		const body = answer.ok && page.querySelector("[data-part=body]");
		if (!body) throw new Error("no board");
		find("part=body").replaceWith(document.importNode(body, true));
		looked = Date.now();
		find("lost").hidden = true;
		announce();
	} catch {
		if (find("lost").hidden) find("lost").textContent = fill(root.dataset.lostText, { time: clock.format(looked) });
		find("lost").hidden = false;
	}
	asking = false;
	if (again) {
		again = false;
		look();
	}
}

function announce() {
	const all = marks(root), fresh = all.filter((m) => !known.has(m.dataset.mark) && !m.classList.contains("board-served"));
	known = new Set(all.map((m) => m.dataset.mark));
	if (fresh.length === 0) return;
	for (const m of fresh) {
		m.classList.add("board-new");
		setTimeout(() => m.classList.remove("board-new"), NEW);
	}
	const texts = fresh.map((m) => fill(root.dataset.sayText, { number: m.dataset.number.replace(/^(\D*)0*/, "$1 "), desk: m.dataset.desk }));
	find("said").textContent = texts.join(". ");
	call(texts);
}

// Sound: two tones, then the voice. Browsers want a touch first, unless told otherwise.
let audio;
function tone(hertz, from) {
	const sound = audio.createOscillator(), volume = audio.createGain(), at = audio.currentTime + from;
	sound.frequency.value = hertz;
	volume.gain.setValueAtTime(0.0001, at);
	volume.gain.exponentialRampToValueAtTime(0.3, at + 0.03);
	volume.gain.exponentialRampToValueAtTime(0.0001, at + 0.9);
	sound.connect(volume).connect(audio.destination);
	sound.start(at);
	sound.stop(at + 1);
}
function call(texts) {
	if (audio?.state !== "running") return;
	tone(659, 0);
	tone(523, 0.45);
	if (!globalThis.speechSynthesis) return;
	setTimeout(() => {
		for (const text of texts) {
			const said = new SpeechSynthesisUtterance(text);
			said.lang = document.documentElement.lang;
			said.rate = 0.9;
			speechSynthesis.speak(said);
		}
	}, 1200);
}
function soundReady() {
	if (audio.state === "running") find("sound").textContent = find("sound").dataset.active;
	find("sound").hidden = false;
	root.dataset.sounds = audio.state;
}
if (globalThis.AudioContext) {
	audio = new AudioContext();
	audio.addEventListener("statechange", soundReady);
	soundReady();
	find("sound").addEventListener("click", () => audio.resume());
}

// The stream: what happened is asked of the page, so that there is one way to show it.
let stream;
function follow() {
	stream?.close();
	stream = new EventSource(root.dataset.events);
	for (const kind of KINDS) stream.addEventListener(kind, look);
	stream.addEventListener("open", () => {
		root.dataset.live = "";
		look();
	});
	stream.addEventListener("error", () => delete root.dataset.live);
}
follow();
setInterval(() => {
	if (stream.readyState === EventSource.CLOSED) follow(); // it does not come back by itself
	if (Date.now() - looked > (stream.readyState === EventSource.OPEN ? LOOK : POLL) - 1000) look();
}, POLL / 2);
addEventListener("online", look);
setInterval(() => renew().catch(() => false), 600000);

const tick = () => (find("clock").textContent = clock.format(Date.now()));
tick();
setInterval(tick, 1000);
