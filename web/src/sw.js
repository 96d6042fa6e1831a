// The service worker: lets what a person needs at a door be opened without a
// network. It keeps the files of the front end, and those pages that a page
// asked it to keep (a pass, the reader of a reception); everything else always
// comes from the network. FILES and VERSION are written by the build.
const ASSETS = `polis-assets-${VERSION}`;
const KEPT = "polis-kept"; // pages; offline.js lists them
const OFFLINE = "/offline";
const SIGN_IN = "/accedi";
const SIGN_OUT = "/esci";
const UNTIL = "Polis-Keep-Until"; // header of a page that may be kept only for a time
const PATIENCE = 4000; // milliseconds that a network may take where there is a kept page
const FRESH = 5 * 60 * 1000; // how long a kept page is not asked for again
const DAY = 24 * 60 * 60 * 1000;
const ANY = { ignoreVary: true }; // answers vary with headers that differ here

addEventListener("install", (event) => {
	event.waitUntil(install().then(() => skipWaiting()));
});
addEventListener("activate", (event) => {
	event.waitUntil(dropOldAssets().then(() => clients.claim()));
});
addEventListener("message", (event) => {
	const { keep, as, lang } = event.data;
	event.waitUntil(keep ? keepPage(keep, as ?? keep).then((kept) => event.ports[0].postMessage(kept)) : tidy(lang));
});
addEventListener("fetch", (event) => {
	const { request } = event;
	const { origin, pathname } = new URL(request.url);
	if (origin !== location.origin) return;
	if (request.method === "POST" && pathname === SIGN_OUT) event.waitUntil(caches.delete(KEPT));
	if (request.method !== "GET" || request.headers.has("Range")) return;
	if (pathname.startsWith("/assets/")) event.respondWith(asset(request));
	else if (request.mode === "navigate") event.respondWith(page(request));
});

async function install() {
	const assets = await caches.open(ASSETS);
	await assets.addAll(FILES);
	await keepOffline();
}

async function dropOldAssets() {
	for (const name of await caches.keys()) {
		if (name.startsWith("polis-assets-") && name !== ASSETS) await caches.delete(name);
	}
}

// A file never changes under its name. One of another version, which only a
// kept page still names, is answered with the present one.
async function asset(request) {
	const assets = await caches.open(ASSETS);
	const kept = await assets.match(request, ANY);
	if (kept) return kept;
	let answer;
	try {
		answer = await fetch(request);
		if (answer.ok) {
			await assets.put(request, answer.clone());
			return answer;
		}
	} catch {
		// no network
	}
	const wanted = plainName(request.url);
	for (const key of await assets.keys()) {
		if (plainName(key.url) === wanted) return assets.match(key, ANY);
	}
	return answer ?? Response.error();
}

const plainName = (url) => new URL(url).pathname.replace(/\.[0-9A-Za-z]{8,10}(?=\.\w+$)/, "");

async function page(request) {
	const kept = await keptPage(request.url);
	try {
		const answer = fetch(request);
		answer.catch(() => {}); // it may fail after its time is up
		const first = await (kept ? Promise.race([answer, later(PATIENCE, kept)]) : answer);
		return kept && first.status >= 502 ? kept : first;
	} catch {
		return kept ?? (await caches.match(OFFLINE, ANY)) ?? Response.error();
	}
}

const later = (ms, value) => new Promise((done) => setTimeout(done, ms, value));

// keptPage is what is kept for an address, in whatever language it was asked.
async function keptPage(url) {
	const cache = await caches.open(KEPT);
	const kept = (await cache.match(url, ANY)) ?? (await cache.match(new URL(url).pathname, ANY));
	return kept && !isOver(kept) ? kept : undefined;
}

const isOver = (answer) => answer.headers.has(UNTIL) && Number(answer.headers.get(UNTIL)) <= Date.now();
const age = (answer) => Date.now() - Date.parse(answer.headers.get("Date"));

// keepPage keeps a page, under the address for which it is to be shown, and
// tells whether it is kept. What the server no longer shows is not kept; who
// has to sign in again keeps what they have.
async function keepPage(url, as) {
	const cache = await caches.open(KEPT);
	const before = await cache.match(as, ANY);
	let answer;
	try {
		answer = await fetch(url);
	} catch {
		return before !== undefined;
	}
	const { pathname } = new URL(answer.url);
	if (answer.status >= 500 || answer.status === 429 || pathname === SIGN_IN) return before !== undefined;
	if (!answer.ok || answer.redirected || isOver(answer)) {
		await cache.delete(as);
		return false;
	}
	await keepAssetsOf(await answer.clone().text());
	await cache.put(as, answer);
	return true;
}

async function keepAssetsOf(html) {
	const assets = await caches.open(ASSETS);
	for (const [path] of html.matchAll(/\/assets\/[\w.-]+/g)) {
		if (!(await assets.match(path, ANY)) && !path.endsWith(".png")) await assets.add(path);
	}
}

// tidy runs when a page was opened: passes whose visit is over go, the others
// are asked for anew now and then, so that a cancelled one goes too.
async function tidy(lang) {
	const cache = await caches.open(KEPT);
	for (const key of await cache.keys()) {
		const kept = await cache.match(key, ANY);
		if (!kept || !kept.headers.has(UNTIL)) continue;
		if (isOver(kept)) await cache.delete(key);
		else if (age(kept) > FRESH) await keepPage(key.url, key.url);
	}
	await keepOffline(lang);
}

// keepOffline keeps the page for when there is no network, in the language of
// the pages. Without credentials: it is nobody's.
async function keepOffline(lang) {
	const assets = await caches.open(ASSETS);
	const kept = await assets.match(OFFLINE, ANY);
	if (kept && (!lang || kept.headers.get("Content-Language") === lang) && age(kept) < DAY) return;
	try {
		const answer = await fetch(OFFLINE, { credentials: "omit", headers: lang ? { "Accept-Language": lang } : {} });
		if (answer.ok) await assets.put(OFFLINE, answer);
	} catch {
		// no network: the one that is kept stays
	}
}
