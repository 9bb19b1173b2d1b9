"""Says an answer better with the candidate's own facts: by a model that code checks, or by a template of blanks.

Sentences that a red flag rests on, that speak to the grader, or that are a worked example's are left out before
anything is written: no model sees them. A model's sentence that brings in what the answers don't hold is taken out
(`facts`). Without a model, and where too little of its text is left, the candidate's own sentences stand in the order
of a STAR story, with the document's questions in brackets where
something is missing. No grade ever rests on a rewrite.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import aclosing

from .errors import ProviderError, ReplyError
from .facts import check, without_blanks
from .language import is_english
from .llm import LLM, Reply
from .phrases import _, count_of
from .prompts import Prompts
from .rubric import answer_hash
from .schema import STAR_PARTS, Grade, Line, QuestionDocument, Quote, Rewrite, Sentence, StarPart
from .sentences import split_sentences
from .stems import telling_stems

__all__ = [
    "messages",
    "read_lines",
    "rewrite",
    "say_maker",
    "says_something",
    "share_told",
    "standing",
    "template",
    "why_not_shown",
]

MOST_TOKENS = 320
"""About 150 words with their blanks."""
MOST_GAPS = 4
"""Key points asked for in blanks; a page of questions helps nobody."""
LEAST_LEFT = 0.5
"""Share of a model's sentences that must be left."""
LEAST_TOLD = 1 / 3
"""Share of the answer's telling words that must be in them; `evals/measure_rewrite.py` measures it."""
WRITER_SLOT = 0
"""The interviewer's of the embedded server's two, so that the grader's prompt stays cached in the other."""


async def rewrite(
    document: QuestionDocument, answers: Sequence[str], grade: Grade, *, llm: LLM | None, prompts: Prompts
) -> AsyncIterator[str | Rewrite]:
    """The answers said better.

    Args:
        document: the question's.
        answers: all that the grade judges, in order.
        grade: which says what is missing, and which sentences to leave out.
        llm: who writes; None: nobody.
        prompts: where it is asked for.

    Yields:
        Pieces of the model's text as they come, unchecked and so not to be shown; last the rewrite. A model that fails
        is no error: the rewrite is then the template, and says why.
    """
    if llm is None:
        yield template(document, answers, grade, reason=_("There is no model to write it."))
        return
    if not is_english(answers):
        reason = _("Whether a model keeps to your facts can be checked in English only.")
        yield template(document, answers, grade, reason=reason)
        return
    told, failure = "", ""
    extra = {"id_slot": WRITER_SLOT} if llm.local else None
    pieces = llm.say(
        messages(document, answers, grade, prompts, blanks=not llm.local), max_tokens=MOST_TOKENS, extra=extra
    )
    try:
        async with aclosing(pieces):
            async for piece in pieces:
                if isinstance(piece, Reply):
                    break
                told += piece
                yield piece
    except (ProviderError, ReplyError) as error:
        failure = str(error)
    if failure:
        yield template(document, answers, grade, reason=failure)
    else:
        yield _checked(told, document, answers, grade, llm.model, blanks=not llm.local)


def messages(
    document: QuestionDocument, answers: Sequence[str], grade: Grade, prompts: Prompts, *, blanks: bool
) -> list[dict[str, str]]:
    """The request: what was said less what is left out.

    Args:
        document: the question's.
        answers: all that the grade judges.
        grade: which says what to leave out, and what is missing.
        prompts: where it is worded.
        blanks: whether the model puts in the document's questions after what is missing. A small model that is shown
            some writes nothing else, so code adds them to its text.
    """
    gaps = [probe for _part, probe in _gaps(document, grade)] if blanks else []
    answer = "\n".join(" ".join(one.split()) for one in _usable(answers, grade))
    user = prompts.render("rewrite/user.j2", question=document.question, answer=answer, gaps=gaps)
    return [{"role": "system", "content": prompts.render("rewrite/system.j2")}, {"role": "user", "content": user}]


def template(document: QuestionDocument, answers: Sequence[str], grade: Grade, *, reason: str = "") -> Rewrite:
    """The candidate's own sentences in STAR order, with blanks between for what is missing.

    Outside of brackets it holds no character that isn't in the answers, but for spaces.
    """
    parts = _by_part(answers, grade)
    blanks: dict[StarPart, list[str]] = {part: [] for part in STAR_PARTS}
    for part, probe in _gaps(document, grade):
        blanks[part].append(f"[{probe}]")
    lines = [Line(text=text) for part in STAR_PARTS for text in (*parts[part], *blanks[part])]
    return Rewrite(
        question_id=document.id,
        answer_hash=answer_hash(answers),
        lines=(*lines, *_left_out(document, answers, grade)),
        reason=reason,
    )


def standing(rewrite: Rewrite) -> str:
    """The text to say: the sentences that stand, blanks included."""
    return " ".join(line.text for line in rewrite.lines if not line.left_out)


def say_maker(rewrite: Rewrite) -> str:
    """Who wrote it, and what that means, in one or two sentences."""
    if rewrite.written_by:
        return _(
            "Written by {model} from your answer. Sentences with facts that are not in it were taken out; read the "
            "rest before you use it."
        ).format(model=rewrite.written_by)
    own = _("These are your own sentences in the order of a story, with questions where something is missing.")
    return f"{rewrite.reason} {own}" if rewrite.reason else own


def read_lines(told: str, document: QuestionDocument, answers: Sequence[str], grade: Grade) -> tuple[Line, ...]:
    """A model's text as sentences, each that says what the answers don't, or says it twice, with the reason.

    A question of the document that the model asks without brackets, as small ones do, gets them.
    """
    lines: list[Line] = []
    for _part, probe in _gaps(document, grade):
        told = re.sub(rf"(?<!\[){re.escape(probe)}(?!\s*\])", lambda found: f"[{found[0]}]", told)
    for sentence in check(told, _usable(answers, grade)):
        text = " ".join(sentence.text.split())
        twice = any(line.text == text for line in lines)
        lines.append(Line(text=text, left_out=sentence.reason or (_("It is said twice.") if twice else "")))
    return tuple(lines)


def _checked(
    told: str, document: QuestionDocument, answers: Sequence[str], grade: Grade, model: str, *, blanks: bool
) -> Rewrite:
    """The model's text less what is not in the answers; the template where too little is left."""
    lines = read_lines(told, document, answers, grade)
    if reason := why_not_shown(lines, answers, grade, model):
        own = template(document, answers, grade, reason=reason)
        return own.model_copy(update={"lines": (*own.lines, *(line for line in lines if line.left_out))})
    asked = [] if blanks else [Line(text=f"[{probe}]") for _part, probe in _gaps(document, grade)]
    added = [line for line in asked if line not in lines]
    return Rewrite(
        question_id=document.id,
        answer_hash=answer_hash(answers),
        lines=(*lines, *added, *_left_out(document, answers, grade)),
        written_by=model,
    )


def why_not_shown(lines: Sequence[Line], answers: Sequence[str], grade: Grade, model: str) -> str:
    """Why a model's text, as `read_lines` found it, is not shown; empty where it is."""
    telling = [line for line in lines if says_something(line)]
    left = sum(not line.left_out for line in telling)
    if not telling:
        return _("{model} wrote nothing that could be used.").format(model=model)
    if not left or left < LEAST_LEFT * len(telling):
        return _("Of {count} by {model}, {gone} could not be kept, so its text is not shown.").format(
            model=model,
            count=count_of("{number} sentence", "{number} sentences", len(telling)),
            gone=len(telling) - left,
        )
    if share_told(lines, answers, grade) < LEAST_TOLD:
        return _("{model} left most of your answer out, so its text is not shown.").format(model=model)
    return ""


def share_told(lines: Sequence[Line], answers: Sequence[str], grade: Grade) -> float:
    """How much of what the answers tell is in the lines that stand: the share of their telling words."""
    wanted = telling_stems(" ".join(_usable(answers, grade)))
    told = telling_stems(" ".join(line.text for line in lines if not line.left_out))
    return len(wanted & told) / max(1, len(wanted))


def says_something(line: Line) -> bool:
    """Whether there is more in it than blanks."""
    return any(map(str.isalnum, without_blanks(line.text)))


# ── what is told, what is missing, what is left out ──────────────────────────────────────────────────


def _gaps(document: QuestionDocument, grade: Grade) -> Iterator[tuple[StarPart, str]]:
    """The part of the story where something is missing, and the document's question after it."""
    wanted = [point for point in document.key_points if _verdict(grade, point.id) == "missing"]
    wanted += [point for point in document.key_points if _verdict(grade, point.id) == "partial"]
    points = [point.probe for point in wanted[:MOST_GAPS]]
    for part in STAR_PARTS:
        if grade.star.get(part) is False and part in document.star_probes:
            yield part, _question(document.star_probes[part])
        if part == "action":
            yield from (("action", _question(probe)) for probe in points)


def _verdict(grade: Grade, point_id: str) -> str:
    judged = grade.key_points.get(point_id)
    return judged.verdict if judged else ""


def _question(probe: str) -> str:
    """A probe as the inside of a blank: one line, no brackets, a question mark."""
    plain = " ".join(probe.translate(str.maketrans("[]", "()")).split())
    return plain if plain.endswith("?") else f"{plain.rstrip('.')}?"


def _by_part(answers: Sequence[str], grade: Grade) -> dict[StarPart, list[str]]:
    """The sentences of each part, in the order they were said; one that nothing is known of follows its neighbour."""
    usable = _usable(answers, grade)
    placed: list[tuple[StarPart | None, str]] = []
    for sentence in split_sentences(usable, longest=0):
        part = next((part for part in STAR_PARTS if _rests(grade.star_quotes.get(part, ()), sentence)), None)
        placed.append((part, sentence.text))
    before: StarPart = next((part for part, _text in placed if part), "situation")
    found: dict[StarPart, list[str]] = {part: [] for part in STAR_PARTS}
    for part, text in placed:
        before = part or before
        found[before].append(" ".join(text.split()))
    return found


def _rests(quotes: Sequence[Quote], sentence: Sentence) -> bool:
    return any(
        quote.answer == sentence.answer and quote.start < sentence.end and sentence.start < quote.end
        for quote in quotes
    )


def _bad_quotes(grade: Grade) -> tuple[Quote, ...]:
    flagged = (one.quotes for one in grade.red_flags.values() if one.verdict == "present")
    return (*grade.set_aside, *grade.copied, *(quote for quotes in flagged for quote in quotes))


def _usable(answers: Sequence[str], grade: Grade) -> tuple[str, ...]:
    """The answers with the sentences that are left out as spaces, so that places stay."""
    kept = [*answers]
    for sentence in split_sentences(answers, longest=0):
        if _rests(_bad_quotes(grade), sentence):
            text, length = kept[sentence.answer], sentence.end - sentence.start
            kept[sentence.answer] = f"{text[: sentence.start]}{' ' * length}{text[sentence.end :]}"
    return tuple(kept)


def _left_out(document: QuestionDocument, answers: Sequence[str], grade: Grade) -> Iterator[Line]:
    """The candidate's own sentences that are left out, and why."""
    names = {flag.id: flag.name for flag in document.red_flags}
    flags = [(id, one.quotes) for id, one in grade.red_flags.items() if one.verdict == "present"]
    for sentence in split_sentences(answers, longest=0):
        found = [names.get(id, id) for id, quotes in flags if _rests(quotes, sentence)]
        text = " ".join(sentence.text.split())
        if found:
            yield Line(text=text, left_out=_("It reads as “{flag}”.").format(flag="”, “".join(found)))
        elif _rests(grade.set_aside, sentence):
            yield Line(text=text, left_out=_("It speaks to the grader."))
        elif _rests(grade.copied, sentence):
            yield Line(text=text, left_out=_("It is from a worked example."))
