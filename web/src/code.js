// The link in a message has its code behind "#", which no server sees: it is
// filled in here, and leaves the address bar. Sending it is for the person.
const fillCode = () => {
	const input = document.querySelector("form[data-code] input[name=codice]");
	const code = /^#(\d{6})$/.exec(location.hash)?.[1];
	if (!input || !code) return;
	input.value = code;
	history.replaceState(history.state, "", location.pathname + location.search);
	input.form.querySelector("button[type=submit]").focus();
};
document.addEventListener("DOMContentLoaded", fillCode);
window.addEventListener("hashchange", fillCode);
