// Files: those the server made are handed to the browser, those that are chosen are read and sent as text.
const handOver = (place) => {
	const save = () => {
		const file = place.querySelector("[data-bytes]");
		if (!file) return;
		const bytes = Uint8Array.from(atob(file.dataset.bytes), (character) => character.charCodeAt(0));
		file.removeAttribute("data-bytes");
		const link = document.createElement("a");
		link.href = URL.createObjectURL(new Blob([bytes], { type: file.dataset.type }));
		link.download = file.dataset.file;
		link.click();
		setTimeout(() => URL.revokeObjectURL(link.href), 60000);
	};
	new MutationObserver(save).observe(place, { childList: true, subtree: true, attributeFilter: ["data-number"] });
};
whenThere("#download", handOver);
whenThere("#group-download", handOver);
whenThere("#flags", (flags) => {
	new MutationObserver((changes) => {
		const there = changes.flatMap((change) => [...change.addedNodes]);
		if (!there.some((node) => node.matches?.(".flag-start") || node.querySelector?.(".flag-start"))) return;
		if (document.getElementById("kept")?.offsetParent) document.getElementById("data-refresh")?.click();
	}).observe(flags, { childList: true, subtree: true });
});
document.addEventListener("change", async (event) => {
	const button = document.getElementById(event.target.dataset?.reads);
	if (!button || !event.target.files.length) return;
	const read = [...event.target.files].map(async (file) => ({
		name: file.name,
		// What is far too large is not even read: the server says so.
		text: file.size > 80_000_000 ? " ".repeat(20_000_001) : await file.text(),
	}));
	button.files = JSON.stringify(await Promise.all(read));
	event.target.value = "";
	button.click();
});
