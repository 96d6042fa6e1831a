// The link in a message has its code behind "#", which no server sees: it is
// filled in here, and leaves the address bar. Six digits sign in, so sending
// them is for the person; the code of a link only opens a page, and is sent.
const fillCode = () => {
	const code = location.hash.slice(1);
	const digits = /^\d+$/.test(code);
	if (!digits && !/^[a-z2-7]{32}$/.test(code)) return;
	const input = document.querySelector(digits ? "form[data-code] input[name=codice]" : "form[data-opens] input[name=chiave]");
	if (!input) return;
	input.value = code;
	history.replaceState(history.state, "", location.pathname + location.search);
	if (digits) input.form.querySelector("button[type=submit]").focus();
	else input.form.requestSubmit();
};
document.addEventListener("DOMContentLoaded", fillCode);
window.addEventListener("hashchange", fillCode);
