"""Chooses what to ask next from what is still uncovered, and checks the model's line; never words anything itself."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from .schema import STAR_PARTS, Grade, KeyPoint, Motivation, Probe, QuestionDocument, RedFlag

__all__ = ["MOST_WORDS", "broken_rule", "choose_probe", "drifts"]

MOST_WORDS = 60
WEAK_LEVEL = 1


def choose_probe(document: QuestionDocument, grade: Grade | None, used: Collection[tuple[str, str]]) -> Probe | None:
    """The first gap worth asking about: motivations (weakest first), key points, missing STAR parts, what is unsure.

    Args:
        document: the question's.
        grade: what is known of the answers so far; None or an unscored one when nothing is.
        used: (kind, criterion id) of the probes already asked.

    Returns:
        The document's probe with the reason, or None when nothing is left to ask.
    """
    return next((probe for probe in _gaps(document, grade) if (probe.kind, probe.criterion) not in used), None)


def _gaps(document: QuestionDocument, grade: Grade | None) -> Iterator[Probe]:
    if grade is not None and grade.status == "unscored":
        grade = None
    levels = {m.id: grade.motivations[m.id].level if grade else None for m in document.motivations}

    def weakness(motivation: Motivation) -> float:
        # Not known comes after a level known to be 0 and before 1: what may be there is asked after what isn't.
        level = levels[motivation.id]
        return 0.5 if level is None else level

    for motivation in sorted(document.motivations, key=weakness):
        level = levels[motivation.id]
        if level is None or level <= WEAK_LEVEL:
            known = "not known yet" if level is None else f"at level {level}"
            yield Probe(
                kind="motivation",
                criterion=motivation.id,
                text=motivation.probe,
                reason=f"motivation {motivation.id} is {known}",
            )
    for wanted in ("missing", "partial"):
        for point in document.key_points:
            verdict = grade.key_points[point.id].verdict if grade else "missing"
            if verdict == wanted:
                said = verdict if grade else "not known yet"
                yield Probe(
                    kind="key_point", criterion=point.id, text=point.probe, reason=f"key point {point.id} is {said}"
                )
    for part in STAR_PARTS:
        if part in document.star_probes and not (grade and grade.star.get(part)):
            yield Probe(
                kind="star", criterion=part, text=document.star_probes[part], reason=f"no {part} in the story so far"
            )
    for point in document.key_points:
        # What may be there is asked after what isn't.
        if grade and grade.key_points[point.id].verdict in ("unsure", "unscored"):
            reason = f"key point {point.id} is not known yet"
            yield Probe(kind="key_point", criterion=point.id, text=point.probe, reason=reason)


# ── rules of the interviewer's line ──────────────────────────────────────────────────────────────────

_I = re.IGNORECASE
_PRAISE = re.compile(
    r"\b(?:great|excellent|good|wonderful|fantastic|impressive|amazing|brilliant|perfect|lovely|nice|strong|solid)\s+"
    r"(?:answer|example|job|point|approach|work|response|story|attitude|start|strateg\w+|way)\b"
    r"|\bwell\s+(?:done|said|handled)\b|\bthat(?:'s|\s+is|\s+was|\s+sounds)\s+(?:really\s+|very\s+)?"
    r"(?:great|excellent|good|wonderful|fantastic|impressive|amazing|brilliant|perfect|helpful)\b"
    r"|^(?:great|excellent|wonderful|fantastic|impressive|perfect|brilliant)\b"
    r"|\bi\s+(?:really\s+)?(?:like|love|admire)\s+(?:how|that|the\s+way|your)\b|\bimpress(?:ed|ive)\b",
    _I,
)
_COACHING = re.compile(
    r"\byou\s+(?:should|ought\s+to|could\s+have|need\s+to|must)\b|\bnext\s+time\b|\bmake\s+sure\b|\btry\s+to\b"
    r"|\bi(?:'d|\s+would)\s+(?:suggest|recommend|advise)\b|\bbetter\s+answer\b|\bremember\s+to\b|\bthe\s+best\s+way\b",
    _I,
)
_SCORING = re.compile(
    r"\b(?:scor(?:e|es|ed|ing)|rubric|criteri(?:on|a)|key\s+points?|red\s+flags?|marks?\s+out|out\s+of\s+(?:10|ten|five|5)|"
    r"\d\s*/\s*(?:5|10|100)|graded?|grading|band\s+\d)\b",
    _I,
)
_CANDIDATE = re.compile(
    r"^\s*(?:candidate|answer|interviewee|me)\s*:"
    r"|\bin\s+my\s+(?:last|previous|current|old)\s+(?:job|role|position|store|shop)\b"
    r"|\bi\s+(?:always|listened|stayed|apologi[sz]ed|explained\s+to|handled|calmed|offered|dealt)\b",
    _I,
)
_OUT_OF_ROLE = re.compile(
    r"\bas\s+an?\s+(?:ai|language\s+model|assistant)\b|\blanguage\s+model\b|\bsystem\s+prompt\b|\bmy\s+instructions\b"
    r"|<<<|>>>|```",
    _I,
)
_RULES = (
    ("praises", _PRAISE),
    ("coaches", _COACHING),
    ("talks about scoring", _SCORING),
    ("speaks as the candidate", _CANDIDATE),
    ("steps out of the role", _OUT_OF_ROLE),
)
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")
_PLAIN = frozenset(
    """a about after all an and any are as at be been being but by can could customer customers did difficult do does
    for from give had has have how if in is it its job lack like make more my not of on or other others own people
    person question questions said say shows situation situations skill skills so some tell than that the their them
    then there these they things this those time to us was way we were what when where which who why will with would
    you your ability orientation showing using""".split()  # noqa: SIM905 - a word list reads better as text
)


def broken_rule(line: str, document: QuestionDocument, *, said: str, finished: bool = True) -> str:
    """The rule that an interviewer's follow-up breaks, or an empty string.

    Args:
        line: what the model wrote, so far or whole.
        document: the question's, whose criteria must not be revealed.
        said: words that are no secret any more: the question, the chosen probe, everything the candidate said.
        finished: False while the line is still coming: being empty or asking nothing isn't wrong yet.
    """
    if finished and not _WORD.search(line):
        return "is empty"
    if line.count("?") > 1:
        return "asks more than one question"
    if finished and "?" not in line:
        return "asks nothing"
    if len(line.split()) > MOST_WORDS:
        return f"is longer than {MOST_WORDS} words"
    for rule, pattern in _RULES:
        if pattern.search(line):
            return rule
    name = _revealed(line, document, said)
    return f"reveals the criterion {name}" if name else ""


_IN_ANY_QUESTION = frozenset(
    """a about all an and any are as at be been but by can could did do does else for from had has have having he her
    him his how i if in is it its me my no not of off on one or other our out she so some than that the their them then
    there these they this those to up us was we were what when where which while who whom whose why will with would you
    your yourself""".split()  # noqa: SIM905 - a word list reads better as text
)


def drifts(line: str, probe: str) -> bool:
    """Whether a line shares no word with the probe it should word, but those that stand in any question.

    A floor: a line may share one and ask something else. A probe made of such words alone is never drifted from.
    """
    wanted = set(_stems(probe)) - _IN_ANY_QUESTION
    return bool(wanted) and not wanted & set(_stems(line))


def _revealed(line: str, document: QuestionDocument, said: str) -> str:
    """The id of a criterion whose name, or five words in a row of whose texts, the line gives away."""
    words, known = _stems(line), set(_stems(said))
    fresh = set(words) - known
    runs, known_runs = set(_runs(line)), set(_runs(said))
    criteria: tuple[KeyPoint | Motivation | RedFlag, ...] = (
        *document.key_points,
        *document.motivations,
        *document.red_flags,
    )
    for criterion in criteria:
        name = [word for word in _stems(criterion.name) if word not in _PLAIN]
        if name and set(name) <= set(words) and set(name) & fresh:
            return criterion.id
        if runs & (set(_runs(f"{criterion.name}. {criterion.description}")) - known_runs):
            return criterion.id
    return ""


def _stems(text: str) -> list[str]:
    """Words in lower case, their commonest endings taken off, so that `calmly` gives `calm` away."""
    words = [word.casefold().replace("’", "'") for word in _WORD.findall(text)]
    return [re.sub(r"(?:'s|ing|ly|ed|es|s)$", "", word) if len(word) > 4 else word for word in words]


def _runs(text: str, length: int = 5) -> Iterator[tuple[str, ...]]:
    words = [word.casefold() for word in _WORD.findall(text)]
    for start in range(len(words) - length + 1):
        yield tuple(words[start : start + length])
