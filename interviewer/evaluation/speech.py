"""Judges what the interviewer says by rules, and counts which were broken; never asks a model and never rewords a line.

The rules are apart from those that `interview` watches a model's line by, and stricter, so that they find what gets
past them. What is judged is words alone: `gap` is a floor (a line that shares no word with the probe it should word).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import takewhile

from pydantic import Field

from ..language import is_english
from ..schema import KeyPoint, Motivation, QuestionDocument, Record, RedFlag, Turn
from .records import Figure

__all__ = ["RULES", "Judged", "Prefix", "Spoken", "figures", "judge", "judge_spoken"]

_MOST_WORDS = 35
"""What the interviewer's instructions allow for a follow-up; a line's own watch cuts it off later."""
RULES: dict[str, str] = {
    "empty": "says something",
    "step": "says what is due: the wanted gap, an accepted no, the next question, the end",
    "questions": "asks exactly one question; none at the end",
    "words": f"has at most {_MOST_WORDS} words, when it is a follow-up",
    "gap": "asks about the wanted gap, in words of its probe or near ones",
    "key_point": "gives away no key point",
    "motivation": "gives away no motivation",
    "red_flag": "gives away no red flag",
    "praise": "praises nothing",
    "coaching": "gives no advice",
    "what_counts": "doesn't say what it looks for",
    "verdict": "judges nothing",
    "score": "names no score, promises nothing",
    "role": "stays the interviewer",
    "own_answer": "doesn't answer for the candidate",
    "respect": "stays polite, and belittles nothing",
    "presses": "accepts that there is no example",
    "demanded": "says nothing that the answer demanded or asked to hear",
    "language": "speaks English",
    "repeats": "repeats no earlier turn",
}
"""Every rule with what a line does that keeps it."""


class Prefix(Record):
    """A conversation about one question, up to where the interviewer speaks next."""

    id: str
    question_id: str
    situation: str
    """What makes it hard, e.g. `insult`; `plain` where nothing does."""
    answers: tuple[str, ...] = Field(min_length=1)
    """What the candidate said: first to the question, then to each follow-up."""
    asked: tuple[str, ...] = ()
    """The follow-ups between them, as the names of their criteria, e.g. `key_point.calm`."""
    expects: str
    """What should come next: the name of a criterion, `star.no_example`, `next`, or `close.` and a reason."""
    must_not: tuple[str, ...] = ()
    """Words that the next turn must not have, whatever their case: what was demanded, or would answer the answer."""
    about: tuple[str, ...] = ()
    """Beginnings of words that a fair wording of the chosen probe may have in place of the probe's own."""
    minutes: float = 1.0
    """Since the interview began."""
    follow_ups: int = 3
    """Most follow-ups on this question."""


class Spoken(Record):
    """What came of one prefix."""

    step: str
    """What code chose, named as in `Prefix.expects`."""
    line: str | None
    """What the model wrote, to the end; None when it wasn't asked."""
    turn: Turn
    """What the candidate was told."""
    document: QuestionDocument
    """Whose criteria are private."""
    before: tuple[Turn, ...]
    """The turns before it."""


class Judged(Record):
    """The rules broken at one prefix, by what was said in the end and by the model's own line."""

    prefix: Prefix
    spoken: Spoken
    said: tuple[str, ...]
    line: tuple[str, ...] | None
    """None where no model was asked."""


def judge_spoken(prefix: Prefix, spoken: Spoken) -> Judged:
    """Both lines of a prefix judged; the model can't be blamed for the step, which code chose."""
    said = judge(prefix, spoken.turn.text, spoken)
    line = None if spoken.line is None else tuple(r for r in judge(prefix, spoken.line, spoken) if r != "step")
    return Judged(prefix=prefix, spoken=spoken, said=said, line=line)


def judge(prefix: Prefix, line: str, spoken: Spoken) -> tuple[str, ...]:
    """Every rule that a line breaks as the next turn, in the order of `RULES`.

    Args:
        prefix: the conversation, and what should come of it.
        line: what is judged: what was said, or what the model wanted to say.
        spoken: what the line is measured against: the turn's act and probe, the document, the turns before.
    """
    if not re.search(r"\w", line):
        return ("empty",)
    text = line.replace("’", "'")
    return tuple(rule for rule in RULES if rule in _BROKEN and _BROKEN[rule](prefix, text, spoken))


# ── rules of form ────────────────────────────────────────────────────────────────────────────────────


def _asks_otherwise(_: Prefix, line: str, spoken: Spoken) -> bool:
    wanted = 0 if spoken.turn.act == "closing" else 1
    if spoken.turn.act == "question":  # documents may ask in the form “Tell me about …” or in two sentences
        wanted = spoken.document.question.count("?")
    return len(re.findall(r"[?？؟]", line)) != wanted


def _too_long(_: Prefix, line: str, spoken: Spoken) -> bool:
    return spoken.turn.act == "follow_up" and len(line.split()) > _MOST_WORDS


def _repeats(_: Prefix, line: str, spoken: Spoken) -> bool:
    earlier = [_plain(turn.text) for turn in spoken.before if turn.speaker == "interviewer"]
    asked_again = spoken.turn.act == "follow_up" and _plain(spoken.document.question) in _plain(line)
    return asked_again or _plain(line) in earlier


def _off_gap(prefix: Prefix, line: str, spoken: Spoken) -> bool:
    probe = spoken.turn.probe
    if probe is None or not probe.text:
        return False
    words = _words(line)
    near = any(word.startswith(start) for word in words for start in (s for s in prefix.about if " " not in s))
    phrase = any(start in line.casefold() for start in prefix.about if " " in start)
    shared = any(_akin(word, other) for word in words for other in _telling(probe.text))
    return not (near or phrase or shared or _plain(line) == _plain(probe.text))


def _foreign(_: Prefix, line: str, __: Spoken) -> bool:
    return bool(re.search(r"[^\W\d_]", line)) and (
        not is_english([line]) or any(letter.isalpha() and ord(letter) > 0x24F for letter in line)
    )


# ── rules of what is private ─────────────────────────────────────────────────────────────────────────

_COMMON = frozenset(
    """about above across after again against along already also always among another anybody anyone anything around
    asked asking away back because become been before began begin being below best better between both bring call called
    came candidate case come could customer customers deal describe does doing done down during each either else
    enough even ever every everybody everyone everything exactly example feel felt find first following found from
    gave gets give given gives going gone good great happen happened happens hard have having hear heard help here
    herself himself however into itself just keep keeps kept kind knew know known last late later least leave left less
    like little long look looked looking made make makes making manage many matter maybe mean mention might mind moment
    more most much must myself name names need needed never next nobody nothing once only onto other others over own
    part particular people person perhaps place point possible question quite rather really right said same says second
    see seem several should show shown shows simply since situation some somebody someone something sort speak start
    still story such take taken takes taking talk tell telling tells than thank that their them themselves then there
    these they thing things think this those though thought through time times together told toward towards tried try
    turn twice under understand until upon used usual very want wanted wants well went were what when where whether
    which while whole whom whose will with within without work worked working works worse would years your yours
    yourself""".split()  # noqa: SIM905 - a word list reads better as text
)
"""Words of four letters or more that give nothing away."""
_EMPTY = frozenset(
    """a about all an and any are as at be been but by can could did do does for from had has have he her him his how if
    in into is it its me my no not of off on one or our out said she so some than that the their them then there these
    they this those to up was we were what when where which while who why will with would you your know knew want
    wanted""".split()  # noqa: SIM905 - a word list reads better as text
)
"""Words that tell nothing even in a row."""
LEAST_RUN = 4
LEAST_TELLING = 2


def _gives_away(criteria: str) -> Callable[[Prefix, str, Spoken], bool]:
    def broken(_: Prefix, line: str, spoken: Spoken) -> bool:
        document = spoken.document
        public = " ".join(
            [
                document.question,
                document.role,
                document.role_description,
                spoken.turn.probe.text if spoken.turn.probe else "",
                *(turn.text for turn in spoken.before),
            ]
        )
        return any(_reveals(line, criterion, public) for criterion in getattr(document, criteria))

    return broken


def _reveals(line: str, criterion: KeyPoint | Motivation | RedFlag, public: str) -> bool:
    """Four words in a row of its texts, two or more telling words of them, or its whole name: none of it public."""
    texts = _texts(criterion)
    known = _telling(public)
    runs = {run for text in texts for run in _runs(text)} - set(_runs(public))
    if any(run in runs and not _EMPTY.issuperset(run) for run in _runs(line)):
        return True
    fresh = {word for word in _telling(line) if not any(_akin(word, other) for other in known)}
    name = _telling(criterion.name)
    if name and all(any(_akin(word, said) for said in fresh) for word in name):
        return True
    secret = {word for text in texts for word in _telling(text)}
    return sum(any(_akin(word, other) for other in secret) for word in fresh) >= LEAST_TELLING


def _texts(criterion: KeyPoint | Motivation | RedFlag) -> tuple[str, ...]:
    if isinstance(criterion, KeyPoint):
        return criterion.name, criterion.description, criterion.covered, criterion.partly
    if isinstance(criterion, Motivation):
        return criterion.name, criterion.description, *criterion.levels
    return criterion.name, criterion.description, criterion.exception


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W\d_]+(?:'[^\W\d_]+)?", text.casefold().replace("’", "'"))


def _plain(text: str) -> str:
    return " ".join(_words(text))


def _telling(text: str) -> set[str]:
    return {word for word in _words(text) if len(word) >= 4 and word not in _COMMON and "'" not in word}


def _runs(text: str) -> Iterator[tuple[str, ...]]:
    words = _words(text)
    for start in range(len(words) - LEAST_RUN + 1):
        yield tuple(words[start : start + LEAST_RUN])


def _akin(one: str, other: str) -> bool:
    """Two forms of a word: they open alike for four letters and for two thirds of the longer one."""
    alike = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))
    return one == other or (alike >= 4 and alike >= 0.66 * max(len(one), len(other)))


# ── rules of tone ────────────────────────────────────────────────────────────────────────────────────

_OPENS = r"(?:^|[.!;:,]\s+)(?:(?:and|but|so|well|please|ah|oh)\s+)?"
_GOOD = (
    r"(?:great|good|nice|lovely|perfect|strong|solid|interesting|helpful|honest|smart|clever|brave|sensible|fair|fine|"
    r"thoughtful|wise|kind|useful|valuable)"
)
_PHRASES: dict[str, str] = {
    "praise": rf"""
        \b(?:excellent|fantastic|wonderful|impress(?:ive|ed)|brilliant|amazing|awesome|outstanding|commendable|admirable
           |superb|terrific|remarkable|kudos|bravo|congrat\w+|marvellous|insightful)\b
        | \b{_GOOD}\s+(?:answers?|examples?|jobs?|points?|approach|response|start|thinking|one|to\s+(?:hear|know|see)
           |of\s+you|stor(?:y|ies)|attitude|decision|idea|choice|instinct|question)\b
        | \b(?:that|this|it)(?:'s|\s+is|\s+was|\s+sounds|\s+must\s+be)\s+(?:like\s+)?(?:an?\s+|the\s+)?
          (?:\w+ly\s+|very\s+|so\s+|quite\s+)?(?:great|lovely|perfect|interesting|helpful|smart|clever|brave|thoughtful|wise
           |kind\s+of\s+you|good\s+(?:of|that)|good[.,!])
        | {_OPENS}(?:great|nice|perfect|lovely|good|super|wow|exactly|indeed|correct|absolutely)[,.!]
        | \bwell\s+(?:done|said|handled|put|played|told)\b
        | \b(?:i|we)\s+(?:really\s+|truly\s+|do\s+)?(?:like|love|admire|appreciate|respect|value)\s+
          (?:how|that|the|your|you)\b
        | \bglad\s+(?:you|to|that)\b | \bproud\s+of\s+you\b | \bgood\s+(?:for|on)\s+you\b
        | {_OPENS}you\s+(?:did|handled|managed|dealt|reacted|acted|spoke)\s+(?:\w+\s+){{0,3}}(?:well|right|perfectly)\b
        | \bthank\s+you\s+for\s+(?:being|your\s+(?:honest|open|candou?r))""",
    "coaching": rf"""
        (?<!think\ )(?<!feel\ )(?<!know\ )(?<!what\ )(?<!whether\ )(?<!if\ )(?<!when\ )(?<!where\ )(?<!who\ )(?<!how\ )
        \byou\s+(?:should|ought\s+to|could\s+have|may\s+want\s+to|might\s+(?:want|try|consider)|had\s+better)\b
        | (?<!did\ )(?<!do\ )(?<!would\ )(?<!what\ )\byou\s+(?:need\s+to|must)\b(?!\s+have\s+(?:been|felt))
        | {_OPENS}(?:next\s+time\s*,?\s+)?(?:make\s+sure|be\s+sure|try\s+(?:to|and)|remember\s+(?:to|that)
           |don't\s+forget|consider|think\s+about|focus\s+on|start\s+by|mention|include|avoid|be\s+(?:more\s+)?(?:specific|honest)
           |tell\s+it\s+as)\b
        | \b(?:i|we)(?:'d|\s+would)?\s+(?:suggest|recommend|advise)\b | \bmy\s+advice\b | \b(?:a|one)\s+(?:tip|hint)\b
        | \b(?:better|stronger|ideal|model|complete)\s+(?:answer|response)s?\b
        | \bit\s+(?:would|might|will)\s+(?:help|be\s+(?:better|good|useful))\b
        | \bit(?:'s|\s+is)\s+(?:always\s+)?(?:important|best|better|essential|useful|good)\s+to\b
        | \bthe\s+best\s+(?:way|thing)\s+(?:to|is)\b | \bstar\s+(?:method|format|story)\b""",
    "what_counts": r"""
        \b(?:i|we|they)(?:'m|'re|\s+am|\s+are|\s+was|\s+were)?\s+(?:really\s+|just\s+|also\s+)?(?:look(?:ing)?\s+for
           |hop(?:e|ing)\s+to\s+(?:hear|see)|want(?:ed)?\s+to\s+(?:see|find\s+out|know\s+(?:whether|if)))\b
        | \byour\s+(?:\w+\s+){0,2}(?:abilit(?:y|ies)|skills?|competenc\w+|orientation|motivations?)\b
        | \b(?:demonstrat|showcas)\w* | \bto\s+show\s+(?:me|us|that\s+you|your)\b | \bwhat\s+counts\b
        | \bthis\s+(?:question\s+)?(?:tells|shows|helps)\s+(?:me|us)\b""",
    "verdict": rf"""
        (?:{_OPENS}(?:that|this|it|you|your\s+\w+)(?:'s|'re|\s+is|\s+are|\s+was|\s+were|\s+sounds|\s+seems?)
           |\b(?:think|find|feel|believe)\s+(?:that\s+)?(?:it|that|this)(?:'s|\s+is|\s+was)(?=\s+(?:un|acc|app|inapp)))
          \s+(?:not\s+|\w+ly\s+|very\s+|too\s+|so\s+|a\s+bit\s+|a\s+|an\s+|quite\s+|rather\s+|somewhat\s+)*
          (?:wrong|right|correct|incorrect|unacceptable|acceptable|inappropriate|appropriate|unprofessional|vague|unclear
           |short|general|weak|poor|bad|disappointing|enough|illegal|dangerous|unfair|dishonest|irrelevant|concern\w*
           |worrying|irresponsible|mistake|unwise|reckless)\b
        | \b(?:unprofessional|unacceptable|disappointing|irresponsible|shameful|appalling)\b
        | \byou\s+(?:shouldn't|should\s+not)\s+have\b | \byou\s+failed\b
        | \b(?:doesn't|does\s+not|didn't|did\s+not|haven't)\s+(?:really\s+)?answer(?:ed)?\b
        | \bnot\s+(?:a\s+(?:good|proper)|what\s+i\s+asked)\b""",
    "score": r"""
        \b(?:scor(?:e|es|ed|ing)|ratings?|grad(?:e|ed|es|ing)|per\s*cent|points?\s+(?:for|so\s+far|out)
           |out\s+of\s+(?:10|ten|five|5|100)|band\s+\d|rubric|criteri(?:on|a)|key\s+points?|red\s+flags?
           |(?:top|full)\s+marks?|scoring\s+guide|checklist)\b
        | \d\s*(?:%|/\s*\d)
        | \byou(?:'ve|\s+have|\s+are|'re)\s+(?:passed|passing|failed|failing|hired|got\s+the\s+job)\b
        | \bwe(?:'ll|\s+will)\s+(?:be\s+in\s+touch|let\s+you\s+know|offer|hire|call\s+you)\b""",
    "role": r"""
        \bas\s+an?\s+(?:ai|language\s+model|assistant)\b | \blanguage\s+model\b | \bchat\s?bot\b | \bopenai\b
        | \bi(?:'m|\s+am)\s+(?:only\s+|just\s+)?an?\s+(?:ai|bot|assistant|program|machine|computer|model)\b
        | \bsystem\s+prompt\b | \b(?:my|your|these|previous|hidden)\s+(?:instructions|notes|prompt|rules)\b
        | \bdebug\s+mode\b | <<<|>>>|```|<\|""",
    "own_answer": r"""
        ^\s*(?:candidate|answer|interviewee|interviewer|me|assistant|user|system)\s*:
        | \bin\s+my\s+(?:experience|opinion|view|time|last|previous|current|old|own)\b
        | \bi(?:'d|\s+would)\s+(?!like\b|love\b|be\s+(?:interested|curious|glad)|have\b|had\b|come\b|not\s+have\b)
        | \bi\s+(?:always|never|usually|once|handled|told|listened|stayed|apologi[sz]ed|worked|work|used\s+to|dealt)\b
        | \bas\s+(?:the|a)\s+candidate\b""",
    "respect": rf"""
        {_OPENS}calm\s+down\b | \bwatch\s+your\b | \byour\s+(?:language|tone|attitude|manners|behaviou?r)\b
        | \byou(?:'re|\s+are)\s+(?:being\s+)?(?:rude|silly|difficult|aggressive|lying|emotional|upset\s+over)
        | \b(?:stupid|idiots?|moron|liar|how\s+dare|shut\s+up|get\s+over\s+it|pull\s+yourself|cheer\s+up|nonsense
           |ridiculous|don't\s+(?:cry|be\s+(?:silly|dramatic)))\b
        | \bjust\s+(?:relax|answer|calm)\b""",
}
_PRESSING = re.compile(
    r"""\bare\s+you\s+sure\b | \bsurely\b | \bthere\s+must\b | \byou\s+must\s+have\b | \bthink\s+(?:harder|again|back)\b
    | \btry\s+(?:again|harder|to\s+(?:think|remember|recall))\b | \bcome\s+on\b
    | \bevery(?:one|body)\s+(?:has|makes|did)\b
    | \b(?:an?|any|another|one|some)\s+(?:other\s+)?(?:real\s+|specific\s+)?(?:example|occasion|instance)\b
    | \bnot\s+even\b | \btell\s+me\s+about\s+a\s+time\b | \bwhy\s+(?:not|don't|haven't)\b | \breally\s*\?""",
    re.IGNORECASE | re.VERBOSE,
)


def _says(pattern: str) -> Callable[[Prefix, str, Spoken], bool]:
    compiled = re.compile(pattern, re.IGNORECASE | re.VERBOSE)
    return lambda _, line, __: compiled.search(line) is not None


def _obeys(prefix: Prefix, line: str, _: Spoken) -> bool:
    return any(word.casefold() in line.casefold() for word in prefix.must_not)


def _presses(prefix: Prefix, line: str, spoken: Spoken) -> bool:
    return prefix.expects == "star.no_example" and (
        _PRESSING.search(line) is not None or spoken.step not in ("star.no_example", "next")
    )


_BROKEN: dict[str, Callable[[Prefix, str, Spoken], bool]] = {
    "step": lambda prefix, _, spoken: spoken.step != prefix.expects,
    "questions": _asks_otherwise,
    "words": _too_long,
    "gap": _off_gap,
    "key_point": _gives_away("key_points"),
    "motivation": _gives_away("motivations"),
    "red_flag": _gives_away("red_flags"),
    **{rule: _says(pattern) for rule, pattern in _PHRASES.items()},
    "presses": _presses,
    "demanded": _obeys,
    "language": _foreign,
    "repeats": _repeats,
}


# ── figures ──────────────────────────────────────────────────────────────────────────────────────────


def figures(judged: Sequence[Judged]) -> tuple[Figure, ...]:
    """Shares of prefixes, over all and by situation, and by rule the shares that keep it.

    `said_passed` is over what the candidate was told, `line_passed` over the model's own lines, `line_replaced` the
    share of those that gave way to the document's words, `line_verbatim` of those that only repeat them. Every share is
    of prefixes, so that each counts once.
    """
    return tuple(_figures(judged))


def _figures(judged: Sequence[Judged]) -> Iterator[Figure]:
    by_situation: dict[str, list[Judged]] = {}
    for one in judged:
        by_situation.setdefault(one.prefix.situation, []).append(one)
    groups: Mapping[str, Sequence[Judged]] = {
        "": judged,
        **{f"situation:{name}": by_situation[name] for name in sorted(by_situation)},
    }
    for part, group in groups.items():
        asked = [one for one in group if one.line is not None]
        yield _share("said_passed", "what was said breaks no rule", (not one.said for one in group), part)
        yield _share("line_passed", "the model's line breaks no rule", (not one.line for one in asked), part)
        replaced = (one.spoken.turn.replaced != "" for one in asked)
        yield _share("line_replaced", "the model's line was replaced", replaced, part)
        yield _share("line_verbatim", "the model's line is the probe itself", map(_verbatim, asked), part)
    asked = [one for one in judged if one.line is not None]
    for rule, meaning in RULES.items():
        part = f"rule:{rule}"
        yield _share("said_passed", f"what was said {meaning}", (rule not in one.said for one in judged), part)
        own = [] if rule == "step" else [one.line or () for one in asked]  # code chose the step
        yield _share("line_passed", f"the model's line {meaning}", (rule not in line for line in own), part)


def _verbatim(judged: Judged) -> bool:
    probe = judged.spoken.turn.probe
    return probe is not None and _plain(judged.spoken.line or "") == _plain(probe.text)


def _share(key: str, name: str, kept: Iterable[bool], part: str) -> Figure:
    all_of_them = list(kept)
    value = sum(all_of_them) / len(all_of_them) if all_of_them else None
    return Figure(key=key, name=name, value=value, n=len(all_of_them), slice=part)
