// The reader of a reception: looks for a pass in the picture of the camera,
// checks it here, and tells the server who came. Without a network arrivals
// wait on the device, as the id of the booking and the time and nothing else.
import { BarcodeDetector as OwnDetector } from "qr/decode.js";
import { verify } from "../pass.js";

const LEEWAY = 2 * 60 * 1000; // a device's clock may be wrong by so much
const AGAIN = 5000; // the same pass is not read again within this time
const RETRY = 30000;
const REFRESH = 60000;
const QUEUE = "polis.arrivals";

const root = document.querySelector("[data-reader]");
const find = (name) => root.querySelector(`[data-reader-${name}]`);
const form = find("form"), view = find("view"), video = root.querySelector("video"), fault = find("fault");
const key = Uint8Array.from(atob(root.dataset.key), (c) => c.charCodeAt(0));
const times = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short", timeZone: root.dataset.zone });
const clock = new Intl.DateTimeFormat(document.documentElement.lang, { timeStyle: "short", timeZone: root.dataset.zone });
const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");

// tell shows how a pass stands, by shape, colour and word, and by sound.
function tell(kind, values = {}, who = "") {
	const shown = root.querySelector(`template[data-verdict="${kind}"]`).content.cloneNode(true);
	shown.querySelector("[data-who]").textContent = who;
	const says = shown.querySelector("[data-says]");
	says.textContent = fill(says.textContent, values);
	find("result").replaceChildren(shown);
	signal(["valid", "in", "already", "queued"].includes(kind));
}

let audio;
function signal(good) {
	navigator.vibrate?.(good ? 80 : [80, 80, 80]);
	if (!audio || audio.state !== "running") return;
	const tone = audio.createOscillator(), volume = audio.createGain();
	tone.frequency.value = good ? 880 : 220;
	volume.gain.setValueAtTime(0.08, audio.currentTime);
	volume.gain.exponentialRampToValueAtTime(0.001, audio.currentTime + 0.25);
	tone.connect(volume).connect(audio.destination);
	tone.start();
	tone.stop(audio.currentTime + 0.25);
}

// check says how the text of a pass stands here and now, and notes the arrival
// of a good one.
async function check(text) {
	const pass = await verify([key], text, Date.now(), LEEWAY);
	const who = [pass.holder, (pass.places ?? []).join(", ")].filter(Boolean).join(" · ");
	if (!pass.id) return tell("false");
	if (!pass.doors.includes(root.dataset.door)) return tell("elsewhere", {}, who);
	if (pass.state === "early") return tell("early", { time: times.format(pass.notBefore) }, who);
	if (pass.state === "expired") return tell("expired", { time: times.format(pass.expires) }, who);
	tell("valid", {}, who);
	const answer = await send(pass.id);
	if (answer?.kind) {
		tell(answer.kind, { says: answer.text }, who);
		return refresh();
	}
	enqueue({ id: pass.id, at: Date.now() });
	tell("queued", {}, who);
	if (answer?.signIn) say(root.querySelector("[data-reader-queue]").dataset.signIn);
}

// send asks the server to note an arrival. Its answer is a verdict; undefined
// where it could not be asked, signIn where nobody is signed in.
async function send(id) {
	try {
		const answer = await fetch(form.action, {
			method: "POST", headers: { Accept: "application/json" }, redirect: "error",
			body: new URLSearchParams({ casa: form.elements.casa.value, prenotazione: id }),
		});
		if (answer.status === 401) return { signIn: true };
		if (answer.headers.get("Content-Type") === "application/json") return await answer.json();
	} catch {
		// no network
	}
}

// The queue of arrivals. Several tabs may share it: it is read when needed.
const queue = () => JSON.parse(localStorage.getItem(QUEUE) ?? "[]");
function save(list) {
	localStorage.setItem(QUEUE, JSON.stringify(list));
	showQueue();
}
function enqueue(arrival) {
	if (!queue().some(({ id }) => id === arrival.id)) save([...queue(), arrival]);
}

const answers = document.createElement("ul");
const count = document.createElement("p");
find("queue").append(count, answers);
function showQueue() {
	const n = queue().length;
	count.textContent = n > 0 ? fill(find("queue").dataset.waiting, { n }) : "";
}
function say(text) {
	const item = document.createElement("li");
	item.textContent = text;
	answers.replaceChildren(...[...answers.children].slice(-9), item);
}

let sending = false;
async function sendQueue() {
	if (sending || queue().length === 0) return;
	sending = true;
	for (const arrival of queue()) {
		const answer = await send(arrival.id);
		if (answer?.signIn) say(find("queue").dataset.signIn);
		if (!answer?.kind) break;
		save(queue().filter(({ id }) => id !== arrival.id));
		say(fill(find("queue").dataset.answer, { time: clock.format(arrival.at), says: answer.text }));
		await refresh();
	}
	sending = false;
}

// refresh brings the list of arrivals up to date, unless somebody is at it.
async function refresh() {
	const list = document.querySelector("#arrivi");
	if (!list || list.contains(document.activeElement) || list.hasAttribute("data-searched")) return;
	try {
		const answer = await fetch(location.href);
		const page = new DOMParser().parseFromString(await answer.text(), "text/html");
		if (!page.querySelector("#arrivi")) return; // signed out meanwhile
		for (const id of ["#arrivi", "#presenze"]) document.querySelector(id).replaceWith(page.querySelector(id));
	} catch {
		// no network: the list stays as it was
	}
}
showQueue();
sendQueue();
addEventListener("online", sendQueue);
addEventListener("storage", showQueue);
setInterval(sendQueue, RETRY);
setInterval(refresh, REFRESH);

form.addEventListener("submit", (event) => {
	event.preventDefault();
	if (form.elements.pass.value.trim()) check(form.elements.pass.value);
	else form.elements.pass.focus();
});

// The camera.
async function detector() {
	const own = globalThis.BarcodeDetector;
	const kinds = (await own?.getSupportedFormats?.().catch(() => [])) ?? [];
	return new (kinds.includes("qr_code") ? own : OwnDetector)({ formats: ["qr_code"] });
}

let stream;
async function start(device) {
	stop();
	fault.textContent = "";
	audio ??= new AudioContext();
	try {
		const which = device ? { deviceId: { exact: device } } : { facingMode: { ideal: "environment" } };
		stream = await navigator.mediaDevices.getUserMedia({ video: { ...which, width: { ideal: 1280 }, height: { ideal: 720 } } });
		video.srcObject = stream;
		view.hidden = false;
		find("camera").hidden = true;
		await video.play();
	} catch ({ name }) {
		const why = { NotAllowedError: "refused", SecurityError: "refused", NotFoundError: "missing", OverconstrainedError: "missing" };
		stop();
		fault.textContent = fault.dataset[why[name] ?? "busy"];
		return;
	}
	await offerDevices();
	read(stream);
}

function stop() {
	for (const track of stream?.getTracks() ?? []) track.stop();
	stream = undefined;
	view.hidden = true;
	find("camera").hidden = false;
}

async function offerDevices() {
	const cameras = (await navigator.mediaDevices.enumerateDevices()).filter(({ kind }) => kind === "videoinput");
	const choice = root.querySelector("#reader-device");
	const used = stream?.getVideoTracks()[0].getSettings().deviceId;
	choice.replaceChildren(...cameras.map(({ label, deviceId }, i) => new Option(label || String(i + 1), deviceId, false, deviceId === used)));
	find("devices").hidden = cameras.length < 2;
}

// read looks at the picture a few times a second, for as long as the camera is
// the one it began with.
async function read(mine) {
	const codes = await detector();
	let last = "", until = 0;
	while (stream === mine) {
		const found = await codes.detect(video).catch(() => []);
		const text = found[0]?.rawValue;
		if (text && stream === mine && (text !== last || Date.now() > until)) {
			last = text;
			await check(text);
		}
		if (text) until = Date.now() + AGAIN;
		await new Promise((done) => setTimeout(done, 150));
	}
}

if (navigator.mediaDevices?.getUserMedia) {
	find("camera").hidden = false;
	find("start").addEventListener("click", () => start());
	find("stop").addEventListener("click", stop);
	root.querySelector("#reader-device").addEventListener("change", ({ target }) => start(target.value));
}
