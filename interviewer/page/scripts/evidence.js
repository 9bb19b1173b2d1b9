// A number leads to its words in the answer, or to its verdict, and back.
document.addEventListener("click", (event) => {
	const button = event.target.closest?.("[data-go]");
	if (!button) return;
	const place = document.getElementById(button.dataset.go);
	if (!place) return;
	for (let box = place.closest("details"); box; box = box.parentElement.closest("details")) box.open = true;
	const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
	place.scrollIntoView({ block: place.matches(".rubric") ? "start" : "center", behavior: calm ? "auto" : "smooth" });
	const here = place.closest("mark") || place;
	here.classList.remove("arrived");
	void here.offsetWidth;
	here.classList.add("arrived");
	const back = here.matches("mark")
		? here.parentElement.querySelector(`.badge[data-n="${button.dataset.n}"]`)
		: here.querySelector(".badge");
	back?.focus({ preventScroll: true });
});
