// Comforts, the way from the rubric's forms to the server, and speech. It sends nothing anywhere but to the page's own
// server, and listens only while Record is pressed.
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
	const BOXES = "#cards input, #plans input, #job-cards input";
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

	// 8. Speaking instead of typing. The recording stays in this page until it is written down or discarded.
	const speaking = (voice) => {
		const says = JSON.parse(voice.dataset.says);
		const part = (name) => voice.querySelector(`[data-voice="${name}"]`);
		const box = () => document.querySelector("#answer textarea");
		const line = () => document.getElementById("line");
		// Of the interview that goes on here; none on the start screen and after the end.
		const here = () => (line()?.dataset.ended ? undefined : line()?.dataset.interview);
		const say = (words) => {
			part("status").textContent = words;
		};
		const send = (path, body, headers, signal) =>
			fetch(path, { method: "POST", body, signal, headers: { ...headers, "x-interview": line()?.dataset.interview ?? "" } });
		const told = async (reply) => {
			const found = await reply.json().catch(() => undefined);
			return found?.says ?? says.unreachable;
		};

		// Recording: idle, asking (for the microphone), recording, sending, kept (because it could not be written down).
		let recorder, recording, owner, since, ticking, request;
		const state = () => voice.dataset.state;
		const become = (name, words) => {
			voice.dataset.state = name;
			part("record").setAttribute("aria-pressed", String(name === "recording"));
			clearInterval(ticking);
			say(words);
		};
		const KINDS = ["audio/webm;codecs=opus", "audio/ogg;codecs=opus", "audio/mp4"];
		const refused = { NotAllowedError: says.forbidden, SecurityError: says.forbidden, NotFoundError: says.none };
		const record = async () => {
			if (!navigator.mediaDevices || !window.MediaRecorder) return say(says.insecure);
			hush();
			become("asking", "");
			let microphone;
			try {
				microphone = await navigator.mediaDevices.getUserMedia({ audio: true });
			} catch (failure) {
				return become("idle", refused[failure.name] ?? says.broken);
			}
			const pieces = [];
			const mimeType = KINDS.find((kind) => MediaRecorder.isTypeSupported(kind));
			const own = new MediaRecorder(microphone, { mimeType, audioBitsPerSecond: 48000 });
			own.addEventListener("dataavailable", (event) => pieces.push(event.data));
			own.addEventListener("stop", () => {
				for (const track of microphone.getTracks()) track.stop();
				if (recorder !== own) return; // discarded
				recorder = undefined;
				recording = new Blob(pieces, { type: own.mimeType });
				writeDown();
			});
			recorder = own;
			owner = here();
			own.start(1000);
			since = performance.now();
			become("recording", says.recording);
			tick();
			ticking = setInterval(tick, 250);
		};
		const tick = () => {
			const seconds = Math.floor((performance.now() - since) / 1000);
			const shown = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
			if (part("elapsed").textContent !== shown) part("elapsed").textContent = shown;
			const left = voice.dataset.mostSeconds - seconds;
			if (left <= 60 && left > 0 && part("status").textContent === says.recording) say(says.last_minute);
			if (left <= 0) stop(says.longest);
		};
		const stop = (why = "") => {
			if (recorder?.state !== "recording") return;
			become("sending", `${why} ${says.sending}`.trim());
			part("record").focus();
			recorder.stop();
		};
		const keep = (why) => {
			become("kept", `${why} ${says.kept}`);
			part("again").focus();
		};
		const writeDown = async () => {
			if (here() !== owner) return drop(says.moved_on);
			if (recording.size > voice.dataset.mostBytes) return keep(says.large);
			if (state() !== "sending") become("sending", says.sending);
			const mine = new AbortController();
			request = mine;
			let words;
			try {
				const reply = await send("voice/hear", recording, { "content-type": recording.type }, mine.signal);
				if (request !== mine) return;
				if (!reply.ok) return keep(await told(reply));
				words = (await reply.json()).text;
			} catch {
				if (request === mine) keep(says.unreachable);
				return;
			}
			if (here() !== owner) return drop(says.moved_on);
			recording = request = undefined;
			become("idle", says.written);
			insert(words);
		};
		// After what is there, as if it were typed: so gradio keeps it as a draft too.
		const insert = (words) => {
			const place = box();
			const before = place.value && !/\s$/.test(place.value) ? `${place.value} ` : place.value;
			const set = Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, "value").set;
			set.call(place, before + words);
			place.dispatchEvent(new Event("input", { bubbles: true }));
			place.focus();
			place.setSelectionRange(place.value.length, place.value.length);
		};
		const drop = (why) => {
			const live = recorder;
			recorder = recording = undefined;
			request?.abort();
			request = undefined;
			if (live?.state === "recording") live.stop();
			become("idle", why);
			part("record").focus();
		};
		const presses = {
			record: () => (state() === "recording" ? stop() : state() === "idle" && record()),
			stop: () => stop(),
			again: () => writeDown(),
			discard: () => drop(says.discarded),
		};
		voice.addEventListener("click", (event) => {
			presses[event.target.closest("[data-voice]")?.dataset.voice]?.();
		});

		// What is sent now would lack what is just being said; and the box, emptied by sending, would lose it.
		const wait = (event) => {
			if (state() !== "recording" && state() !== "sending") return;
			event.preventDefault();
			event.stopImmediatePropagation();
			say(says.wait);
		};
		addEventListener("click", (event) => event.target.closest?.("#send") && wait(event), true);
		addEventListener(
			"keydown",
			(event) => {
				const sends = event.key === "Enter" && (event.shiftKey || event.ctrlKey || event.metaKey);
				if (sends && event.target.closest?.("#answer")) wait(event);
			},
			true,
		);

		// Reading aloud: only on request, only whole lines, and by the browser only in a voice that is on this machine.
		const REMEMBERED = "interviewer-aloud";
		const aloud = part("aloud");
		const byServer = voice.dataset.reads === "server";
		let touched = false;
		let read, player;
		const hush = () => {
			player?.close().catch(() => undefined);
			player = undefined;
			window.speechSynthesis?.cancel();
		};
		const readByServer = async (words) => {
			const own = new AudioContext();
			player = own;
			const reply = await send("voice/read", words, { "content-type": "text/plain" });
			if (!reply.ok) return say(`${says.unread} ${await told(reply)}`);
			const sound = await own.decodeAudioData(await reply.arrayBuffer());
			if (player !== own) return; // hushed meanwhile
			const source = new AudioBufferSourceNode(own, { buffer: sound });
			source.connect(own.destination);
			source.start();
		};
		const readHere = (words) => {
			const voices = window.speechSynthesis?.getVoices() ?? [];
			const local = voices.filter((one) => one.localService);
			if (!window.speechSynthesis || (voices.length && !local.length)) return say(says.no_voice);
			const spoken = new SpeechSynthesisUtterance(words);
			const language = navigator.language.slice(0, 2);
			const fits = local.filter((one) => one.lang.startsWith(language));
			spoken.voice = fits.find((one) => one.default) ?? fits[0] ?? local[0] ?? null;
			speechSynthesis.speak(spoken);
		};
		const readAloud = () => {
			const { turn, words, interview } = line()?.dataset ?? {};
			const place = `${interview} ${turn}`;
			if (!words || read === place) return;
			read = place;
			// What stood there when the page was opened was not asked for; and nothing talks into a recording.
			if (!aloud.checked || !touched || state() === "recording") return;
			hush();
			if (byServer) readByServer(words).catch(() => say(says.unread));
			else readHere(words);
		};
		for (const kind of ["pointerdown", "keydown"])
			document.addEventListener(kind, () => (touched = true), { once: true, capture: true });
		aloud.checked = localStorage.getItem(REMEMBERED) === "on";
		aloud.addEventListener("change", () => {
			touched = true;
			localStorage.setItem(REMEMBERED, aloud.checked ? "on" : "off");
			hush();
			read = undefined;
			if (aloud.checked) readAloud();
		});
		whenThere("#question", (question) => {
			const look = () => {
				// Nobody listens on when the interview is left or over.
				if (recorder && here() !== owner) drop(says.moved_on);
				if (!line()) hush();
				readAloud();
			};
			look();
			new MutationObserver(look).observe(question, { childList: true, subtree: true, attributes: true });
		});
		addEventListener("pagehide", hush);
	};
	whenThere("#voice .voice", speaking);
	// 9. A pasted job ad and CV stay in this tab alone, over reloads too; how many of its questions are ticked is said.
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
	const countJob = () => {
		const line = document.getElementById("job-chosen");
		const number = document.querySelectorAll("#job-cards input:checked").length;
		const says = number ? `${number} question${number === 1 ? "" : "s"} ticked` : "Tick a question to start.";
		if (line && line.textContent !== says) line.textContent = says;
	};
	document.addEventListener("change", countJob);
	whenThere("#job-cards", (cards) => {
		// After the boxes have been set from their attribute, which an observer of the whole library does.
		new MutationObserver(() => setTimeout(countJob)).observe(cards, { childList: true, subtree: true });
	});

	// 10. "Say it better": its text can be copied, and whoever started it by keyboard goes on where they were.
	const copy = async (place, text) => {
		try {
			await navigator.clipboard.writeText(text);
			return true;
		} catch {
			// Over plain HTTP a browser has no clipboard; what is selected can be copied all the same.
			const range = document.createRange();
			range.selectNodeContents(place);
			getSelection().removeAllRanges();
			getSelection().addRange(range);
			return document.execCommand("copy");
		}
	};
	document.addEventListener("click", async (event) => {
		const button = event.target.closest?.("[data-copy]");
		const place = button && document.getElementById(button.dataset.copy);
		if (place && (await copy(place, place.textContent))) button.nextElementSibling.textContent = button.dataset.said;
	});
	let held = "";
	document.addEventListener("focusin", (event) => {
		held = event.target.closest?.("[data-focus]") ? event.target.closest("[id]").id : "";
	});
	whenThere("#side", (side) => {
		new MutationObserver(() => {
			if (held && document.activeElement === document.body)
				document.getElementById(held)?.querySelector("[data-focus]")?.focus({ preventScroll: true });
		}).observe(side, { childList: true, subtree: true });
	});

	// 11. From the empty progress view to the questions; and what is graded again is shown where it appears.
	document.addEventListener("click", (event) => {
		const tab = event.target.closest?.("#history [data-tab]");
		if (tab) document.querySelectorAll("#library [role=tab]")[tab.dataset.tab]?.click();
		const again = event.target.closest?.("[data-press=past-regrade]");
		if (again) document.getElementById("past-again")?.scrollIntoView({ block: "start" });
	});

	// 12. A role-play's card starts it: the card is marked for the handler, and gradio's own button pressed.
	document.addEventListener("click", (event) => {
		const start = event.target.closest?.("[data-play]");
		if (!start) return;
		for (const other of document.querySelectorAll("#plays [data-chosen]")) delete other.dataset.chosen;
		start.dataset.chosen = "";
		document.getElementById("begin-play")?.click();
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
