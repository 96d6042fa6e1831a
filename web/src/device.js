// A browser that is a device of a house: on one page it makes a key that never leaves
// it and is enrolled with a code; from then on it proves itself with the key now and
// then. The key lies in the browser's own database and cannot be read out.
const RENEW = 20 * 60 * 1000; // milliseconds after which it proves itself anew
const PROVE = "/dispositivo/sessione";

const store = (mode, act) =>
	new Promise((done, fail) => {
		const open = indexedDB.open("polis-device", 1);
		open.onupgradeneeded = () => open.result.createObjectStore("device");
		open.onerror = () => fail(open.error);
		open.onsuccess = () => {
			const ask = act(open.result.transaction("device", mode).objectStore("device"));
			ask.onsuccess = () => done(ask.result);
			ask.onerror = () => fail(ask.error);
		};
	});
const load = () => store("readonly", (s) => s.get("own"));
const save = (device) => store("readwrite", (s) => s.put(device, "own"));

const base64url = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
const part = (value) => base64url(new TextEncoder().encode(JSON.stringify(value)));

const send = (url, fields) => fetch(url, { method: "POST", headers: { Accept: "application/json" }, body: new URLSearchParams(fields) });

// prove signs a proof; off is by how many seconds this machine's clock is behind.
const prove = async ({ id, key, audience }, off = 0) => {
	const now = Math.floor(Date.now() / 1000) + off;
	const text = `${part({ alg: "ES256", typ: "device+jwt", kid: id })}.${part({ aud: audience, iat: now, exp: now + 60, jti: crypto.randomUUID() })}`;
	const signature = await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, key, new TextEncoder().encode(text));
	const answer = await send(PROVE, { prova: `${text}.${base64url(signature)}` });
	const skew = Math.round((Date.parse(answer.headers.get("Date")) - Date.now()) / 1000);
	if (answer.status === 401 && off === 0 && Math.abs(skew) > 20) return prove({ id, key, audience }, skew);
	return answer;
};

// enrolled tells whether this browser is a device of a house.
export const enrolled = async () => Boolean((await load())?.id);

// renew begins a new session of the device; true where it did. at once: also where
// the last one is young.
export const renew = async (atOnce = false) => {
	const device = await load();
	if (!device?.id || (!atOnce && Date.now() - (device.proved ?? 0) < RENEW)) return false;
	const answer = await prove(device);
	if (answer.ok) await save({ ...device, proved: Date.now() });
	return answer.ok;
};

const enrol = async (form, fault) => {
	const say = (text) => {
		fault.textContent = text;
		fault.hidden = !text;
	};
	say("");
	if (!globalThis.crypto?.subtle || !globalThis.indexedDB) return say(fault.dataset.missing);
	const { publicKey, privateKey } = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, false, ["sign", "verify"]);
	const { kty, crv, x, y } = await crypto.subtle.exportKey("jwk", publicKey);
	await save({ key: privateKey }); // before the code is used up
	const answer = await send(form.action, { codice: form.elements.codice.value, chiave: JSON.stringify({ kty, crv, x, y }) });
	const said = await answer.json();
	if (!answer.ok) return say(said.detail ?? fault.dataset.network);
	const device = { key: privateKey, id: said.id, audience: said.audience };
	await save(device);
	if ((await prove(device)).ok) await save({ ...device, proved: Date.now() });
	location.reload();
};

document.addEventListener("DOMContentLoaded", () => {
	const form = document.querySelector("[data-device-form]");
	if (form) {
		const fault = document.querySelector("[data-device-fault]");
		form.addEventListener("submit", (event) => {
			event.preventDefault();
			form.removeAttribute("data-sent");
			enrol(form, fault).catch(() => {
				fault.textContent = fault.dataset.network;
				fault.hidden = false;
			});
		});
	}
	if (!("shared" in document.body.dataset) || !globalThis.indexedDB) return;
	const again = () => renew().catch(() => false); // no network: next time
	again().then((fresh) => fresh && document.querySelector("[data-device-was]") && location.reload());
	setInterval(again, RENEW / 2);
});
