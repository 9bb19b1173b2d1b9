// A view of one's own on a verdict: sent when asked to, and what is typed outlives a new drawing of the rubric.
const typed = new Map();
let marked = "";
let sent;
const versionAt = (place) => document.getElementById(place)?.querySelector("form[id]")?.dataset.version;
const remember = (event) => {
	const form = event.target.closest?.("#side form");
	if (!form?.id) return;
	typed.set(form.id, { version: form.dataset.version, ...Object.fromEntries(new FormData(form)) });
};
const refill = () => {
	for (const form of document.querySelectorAll("#side form[id]")) {
		if (typed.get(form.id)?.version !== form.dataset.version) typed.delete(form.id);
		const mine = typed.get(form.id);
		for (const choice of form.querySelectorAll("[type=radio]"))
			choice.checked = mine ? mine[choice.name] === choice.value : choice.defaultChecked;
		const box = form.querySelector("textarea");
		const words = mine?.words ?? box?.defaultValue;
		if (box && box.value !== words) box.value = words;
	}
	// Drawn otherwise than when it was sent: taken. Whoever works by keyboard goes on where they were.
	if (!sent || versionAt(sent.place) === sent.version) return;
	const place = document.getElementById(sent.place) || document.getElementById(sent.kind);
	place?.querySelector("button, summary")?.focus();
	sent = undefined;
};
// Words marked in the answer are what somebody then opens a form for.
const takeOver = (box) => {
	if (!box || box.value || !marked) return;
	box.value = marked;
	marked = "";
	box.dispatchEvent(new Event("input", { bubbles: true }));
};
document.addEventListener("input", remember);
document.addEventListener("selectionchange", () => {
	const chosen = getSelection();
	const words = chosen.toString().trim();
	if (!words || !chosen.anchorNode?.parentElement?.closest("#side .words")) return;
	marked = words;
});
document.addEventListener("submit", (event) => {
	const form = event.target.closest?.("#side form");
	if (!form) return;
	event.preventDefault();
	for (const other of document.querySelectorAll("form[data-sent]")) delete other.dataset.sent;
	form.dataset.sent = "";
	const told = new FormData(form);
	const kind = `${told.get("place")}-differ-${told.get("kind")}-`;
	const place = `${kind}${told.get("criterion") ?? ""}`;
	sent = { kind, place, version: versionAt(place) };
	document.getElementById("differ").click();
});
