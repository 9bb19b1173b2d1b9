// From the empty progress view to the questions; and what is graded again is shown where it appears.
document.addEventListener("click", (event) => {
	const tab = event.target.closest?.("#history [data-tab]");
	if (tab) document.querySelectorAll("#library [role=tab]")[tab.dataset.tab]?.click();
	const again = event.target.closest?.("[data-press=past-regrade]");
	if (again) document.getElementById("past-again")?.scrollIntoView({ block: "start" });
});
