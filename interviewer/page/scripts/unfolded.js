// What was unfolded stays unfolded when the rubric is drawn anew.
const opened = new Set();
document.addEventListener(
	"toggle",
	(event) => {
		const box = event.target;
		if (!box.id || !box.closest("#side")) return;
		if (box.open) opened.add(box.id);
		else opened.delete(box.id);
		if (box.open) takeOver(box.querySelector("textarea"));
	},
	true,
);
const restore = () => {
	refill();
	for (const id of opened) {
		const box = document.getElementById(id);
		if (box && !box.open) box.open = true;
	}
};
whenThere("#side", (side) => {
	new MutationObserver((changes) => {
		// Only a new drawing changes text or nodes; a candidate folding something up changes an attribute alone.
		if (changes.some((change) => change.type !== "attributes")) restore();
	}).observe(side, { childList: true, subtree: true, characterData: true });
});
