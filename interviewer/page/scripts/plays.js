// A role-play's card starts it: the card is marked for the handler, and gradio's own button pressed.
document.addEventListener("click", (event) => {
	const start = event.target.closest?.("[data-play]");
	if (!start) return;
	for (const other of document.querySelectorAll("#plays [data-chosen]")) delete other.dataset.chosen;
	start.dataset.chosen = "";
	document.getElementById("begin-play")?.click();
});
