// Ctrl+Enter or Cmd+Enter sends, like Shift+Enter; Enter alone starts a new line.
document.addEventListener("keydown", (event) => {
	if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.isComposing) return;
	if (!event.target.closest?.("#answer")) return;
	event.preventDefault();
	document.querySelector("#send")?.click();
});
