// A cell of the group's table leads to the candidate's answer, and back.
let cell;
document.addEventListener("click", (event) => {
	const pressed = event.target.closest?.('[data-press="group-open"]');
	if (pressed) cell = pressed.dataset.value;
	if (!event.target.closest?.("[data-back]")) return;
	const buttons = [...document.querySelectorAll('[data-press="group-open"]')];
	buttons.find((button) => button.dataset.value === cell)?.focus();
});
whenThere("#group-one", (place) => {
	let shown, said;
	new MutationObserver(() => {
		const title = place.querySelector("h3");
		if (title?.textContent !== shown) title?.focus();
		shown = title?.textContent;
		// Gradio keeps the box when it draws anew: what was kept, or meant for somebody else, must not stay in it.
		const now = `${shown} ${place.querySelectorAll(".comments li").length}`;
		const box = document.getElementById("comment-text");
		if (box && said !== now) box.value = "";
		said = now;
	}).observe(place, { childList: true, subtree: true, characterData: true });
});
