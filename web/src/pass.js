// Checks a signed pass as internal/pass does: base45, COSE_Sign1 with Ed25519,
// a CBOR Web Token. A test holds the two to the same answers.
import { decode, Tokenizer } from "cborg";
import { verifyAsync } from "@noble/ed25519";

const PREFIX = "POLIS1:";
const MAX_TEXT = 4096;
const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
const MAX_NAME = 128; // bytes
const MAX_LIST = 64;
const MAX_TIME = 253402300799; // the last second of the year 9999
const ALG = 1, CRIT = 2, KID = 4, EDDSA = -8; // headers
const ISS = 1, SUB = 2, EXP = 4, NBF = 5, CTI = 7, DOORS = -65537, PLACES = -65538; // claims

class Refused extends Error {}
const must = (ok) => {
	if (!ok) throw new Refused();
};

// base45 reads RFC 9285; no two texts give the same bytes.
function base45(text) {
	const bytes = [];
	for (let at = 0; at < text.length; at += 3) {
		const group = [...text.slice(at, at + 3)].map((c) => ALPHABET.indexOf(c));
		must(group.length > 1 && !group.includes(-1));
		const n = group.reduceRight((sum, digit) => sum * 45 + digit, 0);
		must(n <= (group.length === 3 ? 0xffff : 0xff));
		if (group.length === 3) bytes.push(n >> 8);
		bytes.push(n & 0xff);
	}
	return Uint8Array.from(bytes);
}

// Items lets only through what a pass may hold: no fractions, which would pass
// for integers, and no broken text.
class Items extends Tokenizer {
	next() {
		const item = super.next();
		must(item.type.name !== "float");
		if (item.byteValue) new TextDecoder("utf-8", { fatal: true }).decode(item.byteValue);
		return item;
	}
}

function cbor(bytes) {
	const options = {
		strict: true, useMaps: true, rejectDuplicateMapKeys: true, allowIndefinite: false, allowUndefined: false, retainStringBytes: true,
		tags: { 18: (content) => ({ signed: content() }) },
	};
	return decode(bytes, { ...options, tokenizer: new Items(bytes, options) });
}

const isBytes = (v) => v instanceof Uint8Array;
const same = (a, b) => isBytes(a) && a.length === b.length && a.every((v, i) => v === b[i]);
const isInt = (v) => typeof v === "bigint" || Number.isInteger(v);
const isName = (v) =>
	typeof v === "string" && v !== "" && new TextEncoder().encode(v).length <= MAX_NAME && /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]+$/u.test(v);
const isNames = (v) => Array.isArray(v) && v.length <= MAX_LIST && v.every(isName);

// open takes the envelope out of the text.
function open(text) {
	must(new TextEncoder().encode(text).length <= MAX_TEXT);
	text = text.replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, "");
	must(text.startsWith(PREFIX));
	const parts = cbor(base45(text.slice(PREFIX.length)))?.signed;
	must(Array.isArray(parts) && parts.length === 4);
	const [protectedBytes, unprotected, payload, signature] = parts;
	must(isBytes(protectedBytes) && unprotected instanceof Map && unprotected.size === 0);
	must((isBytes(payload) || payload === null) && isBytes(signature) && signature.length > 0);
	const headers = cbor(protectedBytes);
	must(headers instanceof Map && headers.get(ALG) === EDDSA && !headers.has(CRIT));
	must(!headers.has(KID) || isBytes(headers.get(KID)));
	let before = -1; // labels stand in the order of their encoding: 0, 1, … then -1, -2, …
	for (const label of headers.keys()) {
		const rank = Number.isInteger(label) ? (label < 0 ? 2 ** 40 - label : label) : 2 ** 50;
		must((isInt(label) || typeof label === "string") && rank >= before);
		before = rank;
	}
	return { protectedBytes, payload, signature, kid: headers.get(KID) };
}

// bstr writes a byte string, as the structure that is signed holds it.
function bstr(bytes) {
	const n = bytes.length;
	const head = n < 24 ? [0x40 | n] : n < 256 ? [0x58, n] : [0x59, n >> 8, n & 0xff];
	return [...head, ...bytes];
}

const SIGNED = [0x84, 0x6a, ...new TextEncoder().encode("Signature1")];
const PKIX = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00]; // before an Ed25519 key

// keyID is the name of a key in the passes it signs.
async function keyID(key) {
	return new Uint8Array(await crypto.subtle.digest("SHA-256", Uint8Array.from([...PKIX, ...key]))).slice(0, 8);
}

function claims(payload) {
	const map = cbor(payload);
	must(map instanceof Map);
	for (const [label, value] of map) must(Number.isSafeInteger(label) && value !== null && value !== undefined);
	const id = map.get(CTI), expires = map.get(EXP), notBefore = map.get(NBF), doors = map.get(DOORS) ?? [], places = map.get(PLACES) ?? [];
	must(isName(map.get(ISS)) && isName(map.get(SUB)) && isNames(doors) && isNames(places));
	must(Number.isInteger(expires) && Number.isInteger(notBefore) && notBefore >= 0 && expires > notBefore && expires <= MAX_TIME);
	must(isBytes(id) && id.length === 16);
	const hex = [...id].map((b) => b.toString(16).padStart(2, "0")).join("");
	return {
		id: hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-"),
		holder: map.get(SUB), doors, places, notBefore: notBefore * 1000, expires: expires * 1000,
	};
}

// verify reads a pass and says how it stands at an instant (milliseconds):
// valid, early, expired, or why it is none: form, key, signature. With the
// first three comes what it says. leeway forgives a clock that is wrong.
export async function verify(keys, text, now, leeway = 0) {
	try {
		const { protectedBytes, payload, signature, kid } = open(text);
		let state = "key";
		for (const key of keys) {
			if (!same(kid, await keyID(key))) continue;
			const message = Uint8Array.from([...SIGNED, ...bstr(protectedBytes), 0x40, ...bstr(payload ?? [])]);
			if (payload && signature.length === 64 && (await verifyAsync(signature, message, key, { zip215: false }))) {
				state = "valid";
				break;
			}
			state = "signature";
		}
		if (state !== "valid") return { state };
		const pass = claims(payload);
		if (now + leeway < pass.notBefore) state = "early";
		else if (now - leeway >= pass.expires) state = "expired";
		return { state, ...pass };
	} catch {
		return { state: "form" };
	}
}
