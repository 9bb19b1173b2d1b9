// A simulation's clock counts down; it is announced only when it runs out.
setInterval(() => {
	const clock = document.querySelector(".clock[data-ends]");
	if (!clock) return;
	const left = Math.ceil((clock.dataset.ends - Date.now() / 1000) / 60);
	const says = left > 0 ? counted(clock.dataset.left, left) : clock.dataset.over;
	if (clock.textContent !== says) clock.textContent = says;
	clock.setAttribute("aria-live", left > 0 ? "off" : "polite");
	clock.classList.toggle("over", left <= 0);
}, 1000);
