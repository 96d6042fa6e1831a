// What pages do for the times without a network, with the service worker sw.js.
// A page that is to be kept says so: <p hidden data-keep="/its/address">; the
// words inside are shown once it really is kept.
const worker = navigator.serviceWorker;
const offered = document.querySelector('link[rel="manifest"]');

if (worker && offered) {
	worker.register("/sw.js", { updateViaCache: "none" }).catch(() => {}); // pages work without it
	worker.ready.then(({ active }) => {
		active.postMessage({ lang: document.documentElement.lang });
		for (const box of document.querySelectorAll("[data-keep]")) {
			const { port1, port2 } = new MessageChannel();
			port1.onmessage = ({ data }) => (box.hidden = !data);
			active.postMessage({ keep: box.dataset.keep, as: box.dataset.keepAs }, [port2]);
		}
	});
}

// A search that cannot reach the network becomes a whole page, which says so.
document.addEventListener("htmx:sendError", ({ detail }) => {
	if (detail.boosted && detail.requestConfig?.verb === "get") location.assign(detail.pathInfo.finalRequestPath);
});

// The page without a network lists what is kept on the device.
async function listKept(list) {
	const cache = await caches.open("polis-kept");
	for (const key of await cache.keys()) {
		const kept = await cache.match(key, { ignoreVary: true });
		const until = Number(kept.headers.get("Polis-Keep-Until") ?? Infinity);
		if (until <= Date.now()) continue;
		const page = new DOMParser().parseFromString(await kept.text(), "text/html");
		const link = Object.assign(document.createElement("a"), { href: key.url, textContent: page.querySelector("h1").textContent });
		const note = Object.assign(document.createElement("span"), { textContent: page.querySelector("[data-kept-note]")?.textContent ?? "" });
		const item = document.createElement("li");
		item.append(link, " ", note);
		list.append(item);
	}
	list.hidden = list.children.length === 0;
	list.nextElementSibling.hidden = !list.hidden;
}
const list = document.querySelector("[data-kept-list]");
if (list && "caches" in window) listKept(list);
document.querySelector("[data-reload]")?.addEventListener("click", () => location.reload());
