"""The HTML for speaking instead of typing: the buttons, the line to read aloud, how an answer sounded; pure."""

from __future__ import annotations

import json
from collections.abc import Sequence

from ..delivery import PAUSE_SECONDS, silent_share, words_per_minute
from ..hearing import MOST_BYTES, MOST_MINUTES, Voices
from ..phrases import _
from ..schema import Delivery, Interview
from .marks import escape

__all__ = ["show_deliveries", "show_line", "show_voice"]

_MICROPHONE = (
    '<svg class="microphone" viewBox="0 0 16 16" aria-hidden="true" focusable="false">'
    '<rect x="5.5" y="1.5" width="5" height="8" rx="2.5"/><path d="M3 7.5a5 5 0 0 0 10 0M8 12.5v2"/></svg>'
)


# ── the buttons ──────────────────────────────────────────────────────────────────────────────────────


def show_voice(voices: Voices) -> str:
    """What stands under the answer box; without anything to write speech down there is no button to record."""
    hears, reads = voices.transcriber, voices.speech
    notices = []
    if hears is not None and hears.host:
        notices.append(_("Your recording goes to {host} to be written down.").format(host=hears.host))
    elif hears is not None:
        notices.append(_("Your recording stays on this machine, and is written down here."))
    if reads is not None:
        notices.append(_("Lines to read aloud go to {host}.").format(host=reads.host))
    told = f'<p class="goes">{escape(" ".join(notices))}</p>' if notices else ""
    return (
        f'<div class="voice" data-state="idle" data-reads="{"server" if reads else "browser"}" '
        f'data-most-bytes="{MOST_BYTES}" data-most-seconds="{MOST_MINUTES * 60}" data-says="{escape(_sentences())}">'
        f'<div class="speak">{_recorder() if hears else ""}{_reader()}</div>'
        f'<p class="said" role="status" data-voice="status"></p>'
        f'<div class="about">{told}{_how(voices)}</div></div>'
    )


def _recorder() -> str:
    return (
        f'<button type="button" class="plain record" data-voice="record" aria-pressed="false">{_MICROPHONE}'
        f"<span>{escape(_('Record'))}</span></button>"
        '<span class="elapsed when-recording" data-voice="elapsed" aria-hidden="true">0:00</span>'
        f'<button type="button" class="plain when-recording" data-voice="stop">'
        f"{escape(_('Stop and write it down'))}</button>"
        f'<button type="button" class="plain when-kept" data-voice="again">{escape(_("Write it down again"))}</button>'
        f'<button type="button" class="plain when-held" data-voice="discard">{escape(_("Discard"))}</button>'
    )


def _reader() -> str:
    return (
        '<label class="aloud-too"><input type="checkbox" data-voice="aloud"> '
        f"{escape(_('Read the interviewer’s lines aloud'))}</label>"
    )


def _how(voices: Voices) -> str:
    if voices.transcriber is None:
        lines = [
            _(
                "To speak your answers, start with INTERVIEWER_TRANSCRIBE_MODEL set to a model of your endpoint, or to "
                "the folder of a faster-whisper model; the README says how."
            )
        ]
    else:
        lines = [
            _("Your words land in the box above, after what is there. Change them as you like, then send them."),
            _("The recording is not kept. “Um”, “uh” and “er” are left out of the text."),
            _(
                "Pace, pauses and filler words are counted by code and shown to you under your answer. The grader "
                "never sees them: it reads the text that you send."
            ),
        ]
    if voices.speech is None:
        lines.append(_("Lines are read aloud by a voice of your browser that is on this machine."))
    items = "".join(f"<li>{escape(line)}</li>" for line in lines)
    return f'<details class="how"><summary>{escape(_("How speaking works"))}</summary><ul>{items}</ul></details>'


def _sentences() -> str:
    """What the script says, as JSON: it has no sentences of its own."""
    return json.dumps(
        {
            "recording": _("Recording. Press Record again to stop."),
            "last_minute": _("One minute is left."),
            "longest": _("{minutes} minutes are over: the recording has stopped.").format(minutes=MOST_MINUTES),
            "sending": _("Your answer is being written down …"),
            "written": _("Written down, at the end of the box. Read it over before you send it."),
            "discarded": _("The recording is discarded."),
            "kept": _("The recording is kept on this page until you discard it."),
            "unreachable": _("The server of this page can't be reached."),
            "large": _("The recording is larger than {megabytes} MB: speak a shorter answer, or type it.").format(
                megabytes=MOST_BYTES // 1_000_000
            ),
            "wait": _("First let the recording be written down, or discard it; then send."),
            "moved_on": _("You left that interview, so the recording was not written down."),
            "insecure": _("Your browser gives a microphone only to pages on this machine or behind https."),
            "forbidden": _("The browser doesn't let this page use the microphone: allow it beside the address."),
            "none": _("No microphone was found."),
            "broken": _("The microphone can't be used: another program may have it."),
            "no_voice": _("Your browser has no voice on this machine, so it can't read aloud."),
            "unread": _("The line could not be read aloud."),
        }
    )


def show_line(interview: Interview) -> str:
    """What the interviewer said last, whole, for the script that reads it aloud; nothing while an answer waits."""
    last = interview.turns[-1] if interview.turns else None
    words = last.text if last is not None and last.speaker == "interviewer" else ""
    return (
        f'<i id="line" hidden data-interview="{escape(interview.id)}" data-turn="{len(interview.turns)}" '
        f'data-ended="{escape(interview.ended)}" data-words="{escape(words)}"></i>'
    )


# ── how an answer sounded ────────────────────────────────────────────────────────────────────────────


def show_deliveries(deliveries: Sequence[Delivery | None], prefix: str) -> str:
    """How the spoken ones among the answers sounded; nothing where all were typed."""
    spoken = [(number, one) for number, one in enumerate(deliveries, start=1) if one is not None]
    if not spoken:
        return ""
    several = len(deliveries) > 1
    blocks = "".join(
        (f'<h5 class="which">{escape(_("Answer {number}").format(number=number))}</h5>' if several else "")
        + f"<dl>{_rows(one)}</dl>"
        for number, one in spoken
    )
    says = _(
        "Counted by code from what {model} wrote down. Nobody judges it, and the grader never sees it. Such models "
        "often leave out sounds like “um”, so there may have been more."
    ).format(model=spoken[-1][1].model or _("the model"))
    return (
        f'<details class="sounded" id="{prefix}-sounded"><summary>'
        f"{escape(_('How it sounded (private, not graded)'))}</summary>{blocks}"
        f'<p class="hint">{escape(says)}</p></details>'
    )


def _rows(delivery: Delivery) -> str:
    rows = [(_("Words"), _words(delivery)), *_timed(delivery), (_("Filler words"), _fillers(delivery))]
    return "".join(f"<div><dt>{escape(name)}</dt><dd>{escape(told)}</dd></div>" for name, told in rows)


def _words(delivery: Delivery) -> str:
    if delivery.recordings == 1:
        return str(delivery.words)
    return _("{words} in {count} recordings").format(words=delivery.words, count=delivery.recordings)


def _timed(delivery: Delivery) -> list[tuple[str, str]]:
    if delivery.seconds is None or delivery.pauses is None:
        return [(_("Pace and pauses"), _("not known: the model gives no times of words"))]
    pace, share = words_per_minute(delivery), silent_share(delivery)
    return [
        (
            _("Pace"),
            _("too short to tell")
            if pace is None
            else _("{pace} words a minute, silence left out").format(pace=round(pace)),
        ),
        (_("Pauses over {seconds} seconds").format(seconds=f"{PAUSE_SECONDS:g}"), _pauses(delivery)),
        (
            _("Silence between words"),
            _("not known")
            if share is None
            else _("{share} of {seconds} seconds").format(share=f"{share:.0%}", seconds=round(delivery.seconds)),
        ),
    ]


def _pauses(delivery: Delivery) -> str:
    if not delivery.pauses:
        return _("none")
    return _("{count}, the longest {seconds} seconds").format(
        count=delivery.pauses, seconds=f"{delivery.longest_pause_seconds or 0:.1f}"
    )


def _fillers(delivery: Delivery) -> str:
    if delivery.fillers is None:
        return _("counted in English only")
    if not delivery.fillers:
        return _("none written down")
    most = sorted(delivery.fillers.items(), key=lambda pair: (-pair[1], pair[0]))
    return ", ".join(_("{word} {times}").format(word=f"“{word}”", times=times) for word, times in most)
