// "Say it better": its text can be copied, and whoever started it by keyboard goes on where they were.
const copy = async (place, text) => {
	try {
		await navigator.clipboard.writeText(text);
		return true;
	} catch {
		// Over plain HTTP a browser has no clipboard; what is selected can be copied all the same.
		const range = document.createRange();
		range.selectNodeContents(place);
		getSelection().removeAllRanges();
		getSelection().addRange(range);
		return document.execCommand("copy");
	}
};
document.addEventListener("click", async (event) => {
	const button = event.target.closest?.("[data-copy]");
	const place = button && document.getElementById(button.dataset.copy);
	if (place && (await copy(place, place.textContent))) button.nextElementSibling.textContent = button.dataset.said;
});
let held = "";
document.addEventListener("focusin", (event) => {
	held = event.target.closest?.("[data-focus]") ? event.target.closest("[id]").id : "";
});
whenThere("#side", (side) => {
	new MutationObserver(() => {
		if (held && document.activeElement === document.body)
			document.getElementById(held)?.querySelector("[data-focus]")?.focus({ preventScroll: true });
	}).observe(side, { childList: true, subtree: true });
});
