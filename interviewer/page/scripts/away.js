// When the program behind the page is gone, gradio runs nothing any more until it is back, and then opens the page anew.
// What is typed until then is kept by this tab; and gradio's message is said in words of ours.
const TYPED = "interviewer-typed";
const PROGRAM = "gradio_api/app_id";
const answerBox = () => document.querySelector("#answer textarea");
const isGone = async () => {
	try {
		const reply = await fetch(PROGRAM, { cache: "no-store" });
		const known = window.gradio_config?.app_id;
		return !reply.ok || (known !== undefined && (await reply.json()).app_id !== known);
	} catch {
		return true;
	}
};
const keepTyped = () => {
	const interview = document.getElementById("line")?.dataset.interview;
	if (!document.body.classList.contains("away") || !interview || !answerBox()) return;
	try {
		sessionStorage.setItem(TYPED, JSON.stringify({ interview, words: answerBox().value }));
	} catch {
		// Full or forbidden: the words stay in their box.
	}
};
document.addEventListener("input", keepTyped);
whenThere(".toast-wrap", (toasts) => {
	new MutationObserver(async () => {
		const gone = toasts.textContent.trim() !== "" && (await isGone());
		// Read once more: what gradio says may have gone meanwhile.
		const failed = toasts.textContent.trim() !== "";
		const place = document.querySelector("#away [role=alert]");
		const says = !failed ? "" : gone ? place.dataset.gone : place.dataset.failed;
		if (place.textContent !== says) place.textContent = says;
		document.body.classList.toggle("away", failed && gone);
		// Nothing that is pressed is heard any more; the page is opened anew when the program is back.
		if (failed && gone) for (const button of document.querySelectorAll("#start button, #room button")) button.disabled = true;
		keepTyped();
	}).observe(toasts, { childList: true, subtree: true });
});
const retype = () => {
	let kept;
	try {
		kept = JSON.parse(sessionStorage.getItem(TYPED));
	} catch {
		return;
	}
	if (!kept) return;
	whenThere(`#line[data-interview="${CSS.escape(kept.interview)}"]`, () => {
		sessionStorage.removeItem(TYPED);
		const box = answerBox();
		const said = [...document.querySelectorAll("#chat .user.message")].at(-1)?.textContent.trim();
		// It may have been sent in the last moment.
		if (!box || box.value === kept.words || said === kept.words.trim()) return;
		box.value = kept.words;
		box.dispatchEvent(new Event("input", { bubbles: true }));
	});
};
retype();
