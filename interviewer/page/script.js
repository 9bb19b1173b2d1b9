// Comforts, and the way from the rubric's forms to the server. It reads nothing but the page and sends nothing anywhere.
(() => {
	const opened = new Set();

	// 1. A number leads to its words in the answer, or to its verdict, and back.
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

	// 2. What was unfolded stays unfolded when the rubric is drawn anew.
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
	const whenThere = (place, act) => {
		const found = document.querySelector(place);
		if (found) act(found);
		else setTimeout(whenThere, 200, place, act);
	};
	whenThere("#side", (side) => {
		new MutationObserver((changes) => {
			// Only a new drawing changes text or nodes; a candidate folding something up changes an attribute alone.
			if (changes.some((change) => change.type !== "attributes")) restore();
		}).observe(side, { childList: true, subtree: true, characterData: true });
	});

	// 3. What is chosen is said beside the start button, and a button of ours can press one of gradio's.
	const count = () => {
		const line = document.getElementById("chosen");
		if (!line) return;
		const number = document.querySelectorAll("#cards input:checked").length;
		const minutes = number * line.dataset.minutes;
		const there = document.querySelector("#cards input");
		const says = !there
			? ""
			: number
			? `${number} question${number === 1 ? "" : "s"} chosen, about ${minutes} minutes`
			: "Nothing chosen: you start with the first one shown.";
		if (line.textContent !== says) line.textContent = says;
	};
	// Gradio reuses the boxes it has when it draws anew, ticks and all: so the attribute is what counts.
	const BOXES = "#cards input, #plans input";
	const note = (event) => {
		if (!event.target.matches?.(BOXES)) return;
		for (const box of document.querySelectorAll(BOXES)) box.toggleAttribute("checked", box.checked);
		count();
	};
	const tick = () => {
		for (const box of document.querySelectorAll(BOXES)) box.checked = box.hasAttribute("checked");
		count();
	};
	document.addEventListener("change", note);
	document.addEventListener("click", (event) => {
		const button = event.target.closest?.("[data-press]");
		const pressed = button && document.getElementById(button.dataset.press);
		if (!pressed) return;
		pressed.dataset.value = button.dataset.value ?? "";
		pressed.click();
	});
	whenThere("#library", (library) => {
		tick();
		new MutationObserver(tick).observe(library, {
			childList: true,
			subtree: true,
			attributeFilter: ["checked", "value"],
		});
	});

	// 4. A view of one's own on a verdict: sent when asked to, and what is typed outlives a new drawing of the rubric.
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

	// 5. Ctrl+Enter or Cmd+Enter sends, like Shift+Enter; Enter alone starts a new line.
	document.addEventListener("keydown", (event) => {
		if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.isComposing) return;
		if (!event.target.closest?.("#answer")) return;
		event.preventDefault();
		document.querySelector("#send")?.click();
	});

	// 6. A simulation's clock counts down; it is announced only when it runs out.
	setInterval(() => {
		const clock = document.querySelector(".clock[data-ends]");
		if (!clock) return;
		const left = Math.ceil((clock.dataset.ends - Date.now() / 1000) / 60);
		const says = left > 0 ? clock.dataset.left.replace("{minutes}", left) : clock.dataset.over;
		if (clock.textContent !== says) clock.textContent = says;
		clock.setAttribute("aria-live", left > 0 ? "off" : "polite");
		clock.classList.toggle("over", left <= 0);
	}, 1000);

	// 7. The talk scrolls, so it must be reached by keyboard.
	whenThere("#chat [role=log]", (talk) => {
		talk.tabIndex = 0;
	});

	// 8. Files: those the server made are handed to the browser, those that are chosen are read and sent as text.
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
			document.getElementById("data-refresh")?.click();
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

	// 9. A cell of the group's table leads to the candidate's answer, and back.
	let cell;
	document.addEventListener("click", (event) => {
		const pressed = event.target.closest?.('[data-press="group-open"]');
		if (pressed) cell = pressed.dataset.value;
		if (!event.target.closest?.("[data-back]")) return;
		const buttons = [...document.querySelectorAll('[data-press="group-open"]')];
		buttons.find((button) => button.dataset.value === cell)?.focus();
	});
	whenThere("#group-one", (place) => {
		let shown;
		new MutationObserver(() => {
			const title = place.querySelector("h3");
			if (title?.textContent !== shown) title?.focus();
			shown = title?.textContent;
		}).observe(place, { childList: true, subtree: true, characterData: true });
	});
})();
