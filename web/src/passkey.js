// A form [data-passkey], and the button of passkeys on the page to sign in, is sent
// with the answer of the authenticator, or with the name of what went wrong: the
// page that comes back says it in words. What is to be signed comes from the
// address behind the form's.
const decode = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
const encode = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
const decodeIDs = (list) => list?.map((each) => ({ ...each, id: decode(each.id) }));

const ceremony = async (form) => {
	const answer = await fetch(`${form.getAttribute("action")}/sfida`, { method: "POST", headers: { Accept: "application/json" } });
	if (!answer.ok) throw new Error(answer.status);
	if (!window.PublicKeyCredential) throw new DOMException("", "NotSupportedError");
	const publicKey = await answer.json();
	publicKey.challenge = decode(publicKey.challenge);
	let made;
	if (publicKey.pubKeyCredParams) {
		publicKey.user.id = decode(publicKey.user.id);
		publicKey.excludeCredentials = decodeIDs(publicKey.excludeCredentials);
		made = await navigator.credentials.create({ publicKey });
	} else {
		publicKey.allowCredentials = decodeIDs(publicKey.allowCredentials);
		made = await navigator.credentials.get({ publicKey });
	}
	const { response } = made;
	const said = { clientDataJSON: encode(response.clientDataJSON) };
	for (const part of ["attestationObject", "authenticatorData", "signature", "userHandle"]) {
		const value = part === "authenticatorData" && response.attestationObject ? null : response[part];
		if (value) said[part] = encode(value);
	}
	if (response.getTransports) said.transports = response.getTransports();
	return JSON.stringify({ id: made.id, rawId: encode(made.rawId), type: made.type, response: said });
};

const add = (form, name, value) => {
	form.querySelector(`input[name=${name}]`)?.remove();
	form.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
};

document.addEventListener("submit", async (event) => {
	const form = event.target;
	if (event.defaultPrevented || !form.matches("[data-passkey], [action='/accedi/passkey']")) return;
	event.preventDefault();
	if (form.hasAttribute("data-asking")) return;
	form.setAttribute("data-asking", "");
	try {
		add(form, "risposta", await ceremony(form));
	} catch (error) {
		add(form, "errore", error.name);
	}
	form.submit();
});
window.addEventListener("pageshow", () => {
	for (const form of document.querySelectorAll("[data-asking]")) form.removeAttribute("data-asking");
});

// A form that waited until its sender proved who they are goes on by itself, once.
document.addEventListener("DOMContentLoaded", () => document.querySelector("form[data-resume]")?.requestSubmit());
