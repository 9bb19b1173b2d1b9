// Speaking instead of typing. The recording stays in this page until it is written down or discarded.
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
