// What pages gain where scripts run. Every page works without this file.
import htmx from "htmx.org/dist/htmx.esm.js";
import "./copy.js";
import "./map.js";
import "./countdown.js";
import "./offline.js";
import "./plan.js";
import "./code.js";
import "./shared.js";
import "./passkey.js";
import "./device.js";

// The policy of every answer forbids inline style and eval.
Object.assign(htmx.config, {
	allowEval: false,
	allowScriptTags: false,
	includeIndicatorStyles: false,
	historyCacheSize: 0, // the browser's own history; nothing personal in local storage
	refreshOnHistoryMiss: true,
	scrollIntoViewOnBoost: false,
	responseHandling: [
		{ code: "204", swap: false },
		{ code: "[23]..", swap: true },
		{ code: "422", swap: true }, // a form shown again with what is wrong
		{ code: "400", swap: true },
		{ code: "[45]..", swap: false, error: true },
	],
});

// A part that cannot be loaded becomes a whole page, which says what happened.
document.addEventListener("htmx:responseError", (event) => {
	const { requestConfig } = event.detail;
	if (requestConfig.verb === "get" && requestConfig.target?.tagName !== "DATALIST") {
		location.assign(event.detail.pathInfo.finalRequestPath);
	}
});

// The summary of errors takes the focus, so that it is read first.
const focusSummary = (root) => root.querySelector("[data-focus]")?.focus();
document.addEventListener("DOMContentLoaded", () => focusSummary(document));
document.addEventListener("htmx:afterSettle", (event) => focusSummary(event.target));

// A form is sent once, however often the button is pressed; coming back
// through the history makes it ready again.
document.addEventListener("submit", (event) => {
	const form = event.target;
	if (event.defaultPrevented || form.method !== "post") return;
	if (form.hasAttribute("data-sent")) event.preventDefault();
	form.setAttribute("data-sent", "");
});
window.addEventListener("pageshow", () => {
	for (const form of document.querySelectorAll("[data-sent]")) form.removeAttribute("data-sent");
});

// The button "use my location" appears where it can work. The place is rounded
// to about a kilometre before it stands in the address.
const offerLocation = (root) => {
	if (!navigator.geolocation) return;
	for (const box of root.querySelectorAll("[data-locate]")) box.hidden = false;
};
document.addEventListener("DOMContentLoaded", () => offerLocation(document));
document.addEventListener("htmx:afterSettle", (event) => offerLocation(event.target));
document.addEventListener("click", (event) => {
	const box = event.target.closest("[data-locate] button")?.closest("[data-locate]");
	if (!box) return;
	const form = box.closest("form");
	const told = box.querySelector("[data-failed]");
	navigator.geolocation.getCurrentPosition(
		({ coords }) => {
			const query = new URLSearchParams(form ? new FormData(form) : "");
			query.delete("q");
			query.set("lat", coords.latitude.toFixed(2));
			query.set("lon", coords.longitude.toFixed(2));
			location.assign(`${box.dataset.locate}?${query}`);
		},
		() => (told.textContent = told.dataset.failed),
		{ maximumAge: 600000, timeout: 10000 },
	);
});
