// A button [data-copy=ID] copies the value of a field and says so in the
// [data-copy-status] beside it. Without scripts the field is there to select.
const offer = (root) => {
	if (!navigator.clipboard) return;
	for (const button of root.querySelectorAll("[data-copy]")) button.hidden = false;
};
document.addEventListener("DOMContentLoaded", () => offer(document));
document.addEventListener("htmx:afterSettle", (event) => offer(event.target));
document.addEventListener("click", async (event) => {
	const button = event.target.closest("[data-copy]");
	if (!button) return;
	const field = document.getElementById(button.dataset.copy);
	field.select();
	try {
		await navigator.clipboard.writeText(field.value);
	} catch {
		return; // not allowed here: it is selected, the keyboard copies it
	}
	const box = button.closest(":has([data-copy-status])");
	box.querySelector("[data-copy-status]").textContent = button.dataset.copied;
});
