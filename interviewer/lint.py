"""Finds what makes a question document hard to grade or probe by though it can be read; never changes or refuses one.

Every rule was tried on the shipped questions and on mistakes made on purpose: `tests/test_lint.py` has both. A rule
that spoke up about sound documents was narrowed until it hardly did.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from .giveaways import giveaways
from .overlaps import LEAST_AKIN, MOST_ALIKE, Vector, akin, likenesses
from .places import Place, texts
from .schema import KeyPoint, Motivation, QuestionDocument, RedFlag
from .sentences import split_sentences

__all__ = ["Remark", "Severity", "lint_question"]

Severity = Literal["error", "warning"]
Criterion = KeyPoint | Motivation | RedFlag

LONGEST_LINE = 30
"""Words of a line that the grader reads."""
LONGEST_PROBE = 25
"""Words."""
HIGHEST_GRADE = 13.0
"""Of the reading level: beyond what the end of school asks for."""
FEWEST_WORDS = 25
"""Of a text whose reading level means anything."""
FEWEST_APART = 3
"""Words by which two levels of a motivation must differ, words of degree not counted; sound ones differ by five."""


@dataclass(frozen=True)
class Remark:
    """Something about one place of a document that its author should look at."""

    place: Place
    rule: str
    message: str
    """What is wrong."""
    suggestion: str
    """What to do."""
    severity: Severity = "warning"


def lint_question(document: QuestionDocument, vector: Vector) -> Iterator[Remark]:
    """What to look at in a question, rule by rule.

    Args:
        document: that has been read without a mistake.
        vector: what a text means; see `overlaps`.
    """
    for rule in _RULES:
        yield from rule(document)
    yield from _overlapping(document, vector)
    yield from _double_barrelled(document, vector)


# ── what counts ──────────────────────────────────────────────────────────────────────────────────────


def _unfinished(document: QuestionDocument) -> Iterator[Remark]:
    for place, text in texts(document).items():
        if not re.search(r"[^\W_]", text):
            yield Remark(place, "unfinished", f"there is nothing but `{text}` here", "write it", "error")


def _overlapping(document: QuestionDocument, vector: Vector) -> Iterator[Remark]:
    for one, other, likeness in likenesses(document, vector):
        if likeness >= MOST_ALIKE:
            yield Remark(
                ("key_points", other.id, "name"),
                "overlap",
                f"one sentence may well show both `{one.name}` and `{other.name}` (likeness {likeness:.2f})",
                "merge them, or say in Covered or Partly where one ends and the other begins",
            )


def _double_barrelled(document: QuestionDocument, vector: Vector) -> Iterator[Remark]:
    """Two behaviours in one point: the raters can't say what an answer with one of them is worth."""
    for point in document.key_points:
        for label, pattern, text in (("name", _AND, point.name), ("covered", _DOES_AND_DOES, point.covered)):
            halves = pattern.match(text)
            if halves and akin(halves[1], halves[2], vector) < LEAST_AKIN:
                yield Remark(
                    ("key_points", point.id, label),
                    "double",
                    f"`{halves[1]}` and `{halves[2]}` are two behaviours in one point",
                    "make two points of it, or drop one",
                )


_AND = re.compile(r"(.+?)\s+(?:and|&)\s+(.+)")
_DOES_AND_DOES = re.compile(r"([A-Z][a-z]+s\b[^,;:.]*?),? and (?!(?:tells|says|names|gives)\b)([a-z]+[^s\W]s\b[^.;]*)")
"""`Listens to the customer and offers a refund`; telling is how all of it comes into an answer: no second behaviour."""


def _unobservable(document: QuestionDocument) -> Iterator[Remark]:
    for point in document.key_points:
        head = re.match(r"\W*(\w+)", point.covered)
        if head and head[1].casefold() in _STATES and ":" not in point.covered and not _DONE.search(point.covered):
            yield Remark(
                ("key_points", point.id, "covered"),
                "unobservable",
                f"what somebody `{head[1].casefold()}` can't be seen in an answer",
                "write what the candidate tells, says or does",
            )


_STATES = frozenset(
    """is are was were be has have had feels felt knows knew understands understood believes believed cares cared wants
    wanted thinks thought values valued appreciates realises realizes realised realized recognises recognizes remains
    remained stays stayed seems appears enjoys likes loves respects hopes possesses shows demonstrates displays
    exhibits""".split()  # noqa: SIM905 - a word list reads better as text
)
"""Verbs that say how somebody is inside, or only that something shows."""
_DONE = re.compile(
    r"\b(?:ask|say|said|tell|told|nam(?:e|ing)|giv|gave|offer|let|keep|kept|wait|look|listen|call|r[aiu]ng\b|wr[io]t|explain|"
    r"point|check|do(?:es|ne|ing)?\b|did\b|mak|made|tak(?:e|ing)|took|put|goes\b|go\b|went|br[io](?:ng|ught)|mov|step|"
    r"sp[eo]ak|spoke|describ|quot|repeat|thank|apologi|report|log|record|help|f[io](?:nd|und)|stop|act(?:s|ed|ing)?\b|"
    r"compar|mend|read|approv|sign|mail|tr(?:y|ies|ied)|us(?:e|es|ed|ing)\b|example|instance|case|word)",
    re.IGNORECASE,
)
"""Something said or done, or an instance of it."""


def _vague(document: QuestionDocument) -> Iterator[Remark]:
    for place, text in texts(document).items():
        judged = _is_judged(place) and place[2] not in ("partly", "not this")
        found = _VAGUE.search(text) if judged else None
        if found:
            yield Remark(
                place,
                "vague",
                f"`{found[0]}` leaves it to the rater what counts",
                "describe what somebody says or does, so that a stranger would agree",
            )


_VAGUE = re.compile(
    r"\b(?:(?:in)?appropriate(?:ly)?|(?:in)?effective(?:ly)?|(?:in)?adequate(?:ly)?|(?:un)?suitabl[ey]|properly|"
    r"(?:un)?satisfactor(?:y|ily)|(?:in)?sufficient(?:ly)?|unprofessional(?:ly)?|"
    r"(?:good|great|excellent|strong|poor|weak|solid|positive)\s+"
    r"(?:\w+\s+)?(?:skills?|abilit(?:y|ies)|communication|answer|example|evidence|understanding|attitude|judge?ment|manner))\b",
    re.IGNORECASE,
)


def _omissions(document: QuestionDocument) -> Iterator[Remark]:
    for flag in document.red_flags:
        if _OMITS.match(flag.description):
            yield Remark(
                ("red_flags", flag.id, "description"),
                "omission",
                f"`{flag.name}` is about something left out, and most answers leave something out",
                "describe what somebody says or does instead, or make a key point of it",
            )


_OMITS = re.compile(
    r"(?:The candidate |They )?(?:"
    r"(?:do(?:es)? not|do(?:es)?n't|did not|didn't|never|fails? to|failed to|cannot|can't|is unable to) "
    r"(?:mention|say|tell|talk|describe|show|give|name|explain|demonstrate|express|acknowledge|address|provide|have|display)"
    r"|(?:shows|makes|gives) no\b|no (?:mention|sign|evidence)\b|lacks?\b|lack of\b|absence of\b)",
    re.IGNORECASE,
)


# ── anchors ──────────────────────────────────────────────────────────────────────────────────────────


def _near_levels(document: QuestionDocument) -> Iterator[Remark]:
    for motivation in document.motivations:
        words = [_telling(level) for level in motivation.levels]
        for low, high in itertools.pairwise(range(len(words))):
            if len(words[low] ^ words[high]) < FEWEST_APART:
                yield Remark(
                    ("motivations", motivation.id, str(high)),
                    "levels",
                    f"levels {low} and {high} of `{motivation.name}` hardly differ",
                    f"say what somebody tells at level {high} that they don't at level {low}",
                )


_DEGREE = frozenset(
    """a an the of to in on for with and or is are it its that this some any no little clear clearly strong
    strongly very good much many lot lots more most less least few great greatly high highly low basic advanced
    limited full fully weak weakly poor poorly excellent adequate adequately somewhat partly partially mostly
    general generally specific specifically detail details detailed level evidence sign signs shows show showing
    demonstrates demonstrate displays has have candidate they them their truly really extremely quite rather
    solid consistent consistently""".split()  # noqa: SIM905
)


def _telling(level: str) -> set[str]:
    """Its words without those of degree, cut so that the forms of a word are one."""
    return {word[:6] for word in re.findall(r"[^\W\d_]+", level.casefold()) if word not in _DEGREE}


def _repeated(document: QuestionDocument) -> Iterator[Remark]:
    """The same words in two criteria can't be about either of them."""
    first: dict[str, str] = {}
    for place, text in texts(document).items():
        if not (_is_judged(place) or place[-1] == "probe"):
            continue
        criterion = _named(document, place)
        bare = text.casefold().replace(criterion.name.casefold(), "…")
        if first.setdefault(bare, criterion.name) != criterion.name:
            yield Remark(
                place,
                "repeated",
                f"this says of `{criterion.name}` what is also said of `{first[bare]}`",
                "write what only an answer about this one would say",
            )


def _is_judged(place: Place) -> bool:
    """Whether the grader reads this text to decide, names apart."""
    return place[0] in ("key_points", "motivations", "red_flags") and place[2] not in ("name", "probe")


def _named(document: QuestionDocument, place: Place) -> Criterion:
    listed: Sequence[Criterion] = getattr(document, str(place[0]))
    return next(one for one in listed if one.id == place[1])


# ── probes ───────────────────────────────────────────────────────────────────────────────────────────


def _probes(document: QuestionDocument) -> Iterator[Remark]:
    for kind, listed in (("key_points", document.key_points), ("motivations", document.motivations)):
        for criterion in listed:
            counts = criterion.covered if isinstance(criterion, KeyPoint) else " ".join(criterion.levels[2:])
            for rule, message, suggestion in _faults(criterion.probe, counts, document.question):
                yield Remark((kind, criterion.id, "probe"), rule, message, suggestion)
    for part, probe in document.star_probes.items():
        for rule, message, suggestion in _form(probe):
            yield Remark(("star_probes", part), rule, message, suggestion)


def _form(probe: str) -> Iterator[tuple[str, str, str]]:
    if probe.count("?") != 1:
        what = "asks nothing" if "?" not in probe else "asks more than one question"
        yield "probe-form", f"the probe {what}", "make it one question"
    if (words := len(probe.split())) > LONGEST_PROBE:
        yield "probe-long", f"the probe has {words} words", f"say it in {LONGEST_PROBE} at most"


def _faults(probe: str, counts: str, question: str) -> Iterator[tuple[str, str, str]]:
    yield from _form(probe)
    if _GENERAL.search(probe):
        yield "probe-general", "the probe would fit any answer", "ask about what this criterion is after"
    told = sorted(set(giveaways(probe, counts, question)))
    # A yes-no question with one word of what counts hands it over; an open one has to say three.
    if len(told) >= (1 if _YES_OR_NO.match(probe) else 3):
        shown = ", ".join(f"`{word}`" for word in told)
        yield "probe-giveaway", f"the probe tells what counts: {shown}", "ask openly, without these words"


_GENERAL = re.compile(
    r"\b(?:(?:tell me|say) (?:a (?:little|bit) )?more|elaborate|expand on|go into (?:more )?detail"
    r"|anything (?:else|to add)|(?:give|have|share|think of)\b[^?]{0,12} (?:an|another|any|one)"
    r"(?: particular| specific| concrete)? (?:example|case))"
    r"|^(?:what (?:happened|did you do) (?:next|then|right after that)|why(?: is that| was that)?|how so"
    r"|can you (?:explain|describe) (?:that|it)|why did you do it that way)\?$",
    re.IGNORECASE,
)
_YES_OR_NO = re.compile(r"(?:did|do|does|have|has|were|was|are|is|can|could|would|will)\b", re.IGNORECASE)


# ── wording ──────────────────────────────────────────────────────────────────────────────────────────


def _long_lines(document: QuestionDocument) -> Iterator[Remark]:
    for place, text in texts(document).items():
        if _is_judged(place) and (words := len(text.split())) > LONGEST_LINE:
            yield Remark(place, "long-line", f"this line has {words} words", f"say it in {LONGEST_LINE} at most")


def _hard_to_read(document: QuestionDocument) -> Iterator[Remark]:
    found: dict[Place, list[str]] = {}
    for place, text in texts(document).items():
        if _is_judged(place):
            found.setdefault(place[:2], []).append(text)
    for (kind, criterion), lines in found.items():
        grade = reading_level(" ".join(lines))
        if grade > HIGHEST_GRADE:
            yield Remark(
                (kind, criterion, "description"),
                "reading-level",
                f"this criterion reads like school grade {grade:.0f}",
                "use shorter words and sentences",
            )


def reading_level(text: str) -> float:
    """US school grade by the Automated Readability Index (Smith and Senter 1967); 0 for a text too short to say.

    It counts letters, words and sentences, so it needs no dictionary of syllables.
    """
    words = re.findall(r"[\w'’-]+", text)
    if len(words) < FEWEST_WORDS:
        return 0.0
    letters: int = sum(character.isalnum() for word in words for character in word)
    sentences = len(split_sentences([text]))
    return 4.71 * letters / len(words) + 0.5 * len(words) / sentences - 21.43


_RULES: tuple[Callable[[QuestionDocument], Iterator[Remark]], ...] = (
    _unfinished,
    _unobservable,
    _vague,
    _omissions,
    _near_levels,
    _repeated,
    _probes,
    _long_lines,
    _hard_to_read,
)
