// What is chosen is said beside the start button, and a button of ours can press one of gradio's.
const count = () => {
	const line = document.getElementById("chosen");
	if (!line) return;
	const number = document.querySelectorAll("#cards input:checked").length;
	const minutes = number * line.dataset.minutes;
	const there = document.querySelector("#cards input");
	const says = !there
		? ""
		: number
		? counted(line.dataset.some, number).replace("{minutes}", minutes)
		: line.dataset.none;
	if (line.textContent !== says) line.textContent = says;
};
// Gradio reuses the boxes it has when it draws anew, ticks and all: so the attribute is what counts.
const BOXES =
	"#cards input, #plans input, #kept input, #history .interviews input, #job-cards input";
const note = (event) => {
	if (!event.target.matches?.(BOXES)) return;
	for (const box of document.querySelectorAll(BOXES)) box.toggleAttribute("checked", box.checked);
	count();
};
const tick = () => {
	for (const box of document.querySelectorAll(BOXES)) box.checked = box.hasAttribute("checked");
	count();
};
document.addEventListener("change", note);
document.addEventListener("click", (event) => {
	const button = event.target.closest?.("[data-press]");
	const pressed = button && document.getElementById(button.dataset.press);
	if (!pressed) return;
	pressed.dataset.value = button.dataset.value ?? "";
	pressed.click();
});
whenThere("#library", (library) => {
	tick();
	new MutationObserver(tick).observe(library, {
		childList: true,
		subtree: true,
		attributeFilter: ["checked", "value"],
	});
});
