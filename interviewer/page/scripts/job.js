// A pasted job ad and CV stay in this tab alone, over reloads too; how many of its questions are ticked is said.
const KEPT = "interviewer-job";
const jobTexts = () => ["job-ad", "job-cv"].map((id) => document.querySelector(`#${id} textarea`));
document.addEventListener("input", (event) => {
	if (!event.target.closest?.("#job-texts")) return;
	try {
		sessionStorage.setItem(KEPT, JSON.stringify(jobTexts().map((box) => box?.value ?? "")));
	} catch {
		// Full or forbidden: the words stay in their box.
	}
});
whenThere("#job-cv textarea", () => {
	let kept;
	try {
		kept = JSON.parse(sessionStorage.getItem(KEPT));
	} catch {
		return;
	}
	jobTexts().forEach((box, place) => {
		if (!box || box.value || !kept?.[place]) return;
		box.value = kept[place];
		box.dispatchEvent(new Event("input", { bubbles: true }));
	});
});
// Everything was deleted: what was pasted is forgotten, too.
whenThere("#data-says", (says) => {
	const forget = () => {
		if (says.querySelector("[data-forgets]")) document.getElementById("job-clear")?.click();
	};
	new MutationObserver(forget).observe(says, { childList: true, subtree: true, attributeFilter: ["data-forgets"] });
});
const countJob = () => {
	const line = document.getElementById("job-chosen");
	const number = document.querySelectorAll("#job-cards input:checked").length;
	if (!line) return;
	const says = number ? counted(line.dataset.some, number) : line.dataset.none;
	if (line.textContent !== says) line.textContent = says;
};
document.addEventListener("change", countJob);
whenThere("#job-cards", (cards) => {
	// After the boxes have been set from their attribute, which an observer of the whole library does.
	new MutationObserver(() => setTimeout(countJob)).observe(cards, { childList: true, subtree: true });
});
