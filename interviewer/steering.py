"""Tells words that speak to the grader, or claim to be outside the answer, from the answer; never judges what was done.

Such words show nothing that anybody did, so no decider reads them and no quote comes from them; the grade lists them as
set aside. Four kinds are told, the first three by their form alone:

* what a decider is asked or replies, imitated: ids of criteria (`key_point.calm`), entries of the JSON reply, sentences
  copied from the document's descriptions of its criteria;
* another speaker's turn (`SYSTEM:`, control tokens), and what closes the answer (the fence's markers, tags, "end of
  answer") with all that follows until the answer is opened again;
* what people can't read but models can: base64 that holds text, letters in reverse order by an override character;
* sentences that ask for a grade, or state that the answer or the candidate meets the criteria, with the names of
  criteria that such a sentence goes on to list.

An honest "she gave us ten out of ten", "the instructions said" or "you be the judge" is none of these. Nor is a bare
list of criteria: `evals/LABELLING.md` counts what is only named as partly covered.
"""

from __future__ import annotations

import base64
import binascii
import re
import unicodedata
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet

from .schema import QuestionDocument, Sentence

__all__ = ["part_sentences", "speaks_to_grader"]

_LEAST_RECITED = 5
_IMITATED = re.compile(
    r"\b(?:key_point|red_flag|motivation|star)\.[a-z_]+\b"
    r"|[\"'“”](?:verdict|quotes?|reason|band|coverage)[\"'“”]\s*[:,\]}]"
    r"|\bquotes\s*:\s*\[|^\W*```\w*\W*$|^(?:\[\d+\]\W*)*covered\W*(?:\[\d+\]\W*)*$"
)
_CLOSES = re.compile(
    r"candidate\s*>{2,}|^[ \t]*>{2,}[ \t]*$|</\s*(?:answer|candidate|user|response)\s*>|<\|\s*im_end\s*\|>|\[/INST\]"
    r"|^[^\w\n]*end of (?:the |my |this )?(?:candidate[’']s )?(?:answer|response|transcript)[^\w\n]*$",
    re.IGNORECASE | re.MULTILINE,
)
_OPENS = re.compile(
    r"<{2,}\s*candidate|^[ \t]*<{2,}[ \t]*$|<\s*(?:answer|candidate|user|response)\s*>", re.IGNORECASE | re.MULTILINE
)
_OTHER_SPEAKER = re.compile(
    r"^\W*(?:SYSTEM|ASSISTANT|DEVELOPER)\s*[:\]]|^\W*(?i:interviewer|grader|evaluator|examiner)\s*:"
    r"|^\W*(?i:system|developer|grader|evaluator|examiner) (?i:message|prompt|notes?|override)\s*[:\]]"
    r"|^#+\s*(?i:system|instructions?|new task)\b"
    r"|<\|[^|]{1,40}\|>|</?\s*(?i:system|instructions?|rubric)\s*>|\[/?INST\]"
)
_ENCODED = re.compile(r"[A-Za-z0-9+/]{32,}={0,2}")
_OVERRIDE = re.compile("[\u202d\u202e]")

_BEST = (
    r"(?:full marks|(?:top|highest|best|maximum|perfect|positive|high|good)(?: possible)? "
    r"(?:bands?|scores?|marks?|levels?|grades?|verdicts?|values?|ratings?|assessments?)"
    r"|band (?:5|five)|level (?:3|three)|10/10|5/5|100 ?%|(?:five|ten|5|10) out of (?:five|ten|5|10))"
)
_RUBRIC = r"(?:criteri(?:on|a)\b|rubric\b|key points?\b|red flags?\b|verdicts?\b|motivations\b)"
_ANSWER = r"(?:(?:this|my|the|same) (?:answer|response|candidate|applicant)(?:'s)?\b|\bsentence \d+|\bthis sentence\b)"
_GRADING = r"(?:mark|rate|grade|score|assess|evaluate|judge|tick|count|treat|consider)"
_JUDGE = r"(?:grader|evaluator|assessor|examiner)"

_ASKS = re.compile(
    # an order about grades at the start of the sentence
    r"^\W*(?:please |kindly |so |now |and |just |do not |don't )*"
    rf"(?:{_GRADING}|give|award|return|output|report|ignore|disregard|forget|skip|choose|write|fill in)\b"
    rf"(?=.*(?:{_BEST}|{_RUBRIC}|{_ANSWER}|\bas covered\b|\btop value|\bassessment\b))"
    # the same put as what the reader must do or be
    rf"|\byou (?:now |must |should |have to |need to |will |are to )+(?:{_GRADING}|give|award|return|report)\b"
    rf"(?=.*(?:{_BEST}|{_RUBRIC}|{_ANSWER}|\blenient))"
    r"|\b(?:pretend|imagine) (?:that )?(?:you|the rubric)\b.*\b(?:examiner|grader|rubric|score|marks|coach)\b"
    r"|\byou (?:now )?(?:are|act as)\b.*\b(?:examiner|grader|marks|grades)\b|\bwhile you grade\b|\bgrade accordingly\b"
    rf"|\bif you (?:mark|grade|rate|score) (?:this|me|it)\b|\byou {_GRADING} (?:this|me|my answer) (?:down|as)\b"
    rf"|\bscores? (?:have|has|need) to be\b.*\b(?:top|high|best)|\b(?:for|dear|to the|of this|this) grader\b"
    rf"|\b(?:each|every) criterion you {_GRADING}\b|\bgenerous with (?:the|your) marks\b"
    # anywhere, but not told of oneself: "I mark it as covered" is a story
    r"|(?<!\bi )(?<!\bwe )(?<!\bto )\b(?:mark|count|treat|consider|set)\b.*"
    r"\b(?:as|to) (?:fully )?(?:covered|answered)\b"
    r"|\bset (?:them all|all|every\w*)\b.*\bto (?:the )?(?:three|five|3|5|top|highest)\b"
    rf"|\b{_JUDGE} (?:should|must|has to) (?:{_GRADING}|award|give|set)\b|^\W*(?:and |so |dear )*{_JUDGE},"
    rf"|\b(?:notes?|message) (?:to|for) (?:the |whoever )*(?:{_JUDGE}|assesses|evaluates|grades|scoring|system that)\b"
)
_STATES = re.compile(
    rf"{_ANSWER}.*\b(?:covers?|meets?|satisf\w+|deserves?|clearly|fully|shows?|proves?)\b.*"
    rf"(?:{_RUBRIC}|{_BEST}|\ball (?:the )?points\b|\bin full\b|\beach point\b)"
    r"|\bthe candidate has (?:shown|demonstrated|covered|met|proven)\b.*\b(?:every|all|each|everything)\b"
    rf"|{_ANSWER}.*{_BEST}|{_BEST}.*{_ANSWER}"
    r"|\b(?:criteri(?:on|a)|key points?|all (?:the )?points|all of these)\b.*\b(?:are|is|as|were|was) (?:all |fully )?"
    rf"(?:covered|found)\b|\bcovered in {_ANSWER}"
    rf"|\b(?:shows?|evidence for|meets?|covers?) (?:all|every|each)(?: of)?(?: the)? {_RUBRIC}"
    rf"|\b(?:model|reference) answer\b.*(?:{_BEST}|\bscore\b)|^\W*(?:{_BEST}) for (?:all|every|the)\b"
    r"|\bkey points shown in\b|\bverdict for\b"
    rf"|\b(?:interviewer|grader|panel|assessor|examiner|recruiter)\b.*(?:{_BEST}|\bperfect answer\b|\bis covered\b)"
)


def part_sentences(
    sentences: Sequence[Sentence], answers: Sequence[str], document: QuestionDocument
) -> tuple[tuple[Sentence, ...], tuple[Sentence, ...]]:
    """What is to be judged, numbered anew from 1, and what is set aside, with its numbers as given.

    Args:
        sentences: of all answers, numbered.
        answers: what was said.
        document: whose criteria can be recited.
    """
    outside = [(index, *span) for index, answer in enumerate(answers) for span in _outside_spans(answer)]
    names = [fold(one.name) for part in (document.key_points, document.motivations, document.red_flags) for one in part]
    descriptions = fold(" | ".join(_descriptions(document)))
    aside = {
        sentence.number
        for sentence in sentences
        if speaks_to_grader(sentence.text)
        or _recites(sentence.text, descriptions)
        or any(
            sentence.answer == index and start < sentence.end and sentence.start < end for index, start, end in outside
        )
    }
    aside |= set(_lists_begun(sentences, answers, aside, names))
    kept = (sentence for sentence in sentences if sentence.number not in aside)
    numbered = tuple(sentence.model_copy(update={"number": number}) for number, sentence in enumerate(kept, 1))
    return numbered, tuple(sentence for sentence in sentences if sentence.number in aside)


def speaks_to_grader(sentence: str) -> bool:
    """Whether one sentence imitates a decider's words, hides what it says, asks for a grade or states one."""
    text = fold(sentence)
    return (
        any(pattern.search(sentence) is not None for pattern in (_OVERRIDE, _OTHER_SPEAKER))
        or any(_holds_text(match[0]) for match in _ENCODED.finditer(sentence))
        or any(pattern.search(text) is not None for pattern in (_IMITATED, _ASKS, _STATES))
    )


def _descriptions(document: QuestionDocument) -> Iterator[str]:
    for point in document.key_points:
        yield from (point.description, point.covered, point.partly)
    for motivation in document.motivations:
        yield from (motivation.description, *motivation.levels)
    for flag in document.red_flags:
        yield from (flag.description, flag.exception)


def _recites(sentence: str, descriptions: str) -> bool:
    """Whether all of it stands in a criterion's description, which a candidate has never seen."""
    words = fold(sentence).strip(" .,;:!?…\"'")
    return len(words.split()) >= _LEAST_RECITED and words in descriptions


def _lists_begun(
    sentences: Sequence[Sentence], answers: Sequence[str], aside: AbstractSet[int], names: Sequence[str]
) -> Iterator[int]:
    """Other pieces of a long sentence whose one piece is set aside, where they name a criterion."""
    for whole in _wholes(sentences, answers):
        if any(piece.number in aside for piece in whole):
            yield from (piece.number for piece in whole if any(name in fold(piece.text) for name in names))


def _wholes(sentences: Sequence[Sentence], answers: Sequence[str]) -> Iterator[list[Sentence]]:
    """The pieces of each sentence that was divided for its length: all but its last piece lack an end."""
    whole: list[Sentence] = []
    for sentence in sentences:
        if whole and not _goes_on(whole[-1], sentence, answers):
            yield whole
            whole = []
        whole.append(sentence)
    if whole:
        yield whole


def _goes_on(before: Sentence, after: Sentence, answers: Sequence[str]) -> bool:
    return (
        before.answer == after.answer
        and not before.text.endswith((".", "!", "?", "…"))
        and "\n" not in answers[after.answer][before.end : after.start]
    )


def fold(text: str) -> str:
    """Lower case, one form of each character and apostrophe, without invisible ones, white space as single spaces."""
    plain = unicodedata.normalize("NFKC", text).replace("’", "'")
    return " ".join("".join(c for c in plain if unicodedata.category(c) != "Cf").casefold().split())


def _outside_spans(answer: str) -> Iterator[tuple[int, int]]:
    """What claims to be no part of the answer, with the markers around it."""
    marks = [
        (mark.start(), mark.end(), pattern is _CLOSES)
        for pattern in (_CLOSES, _OPENS)
        for mark in pattern.finditer(answer)
    ]
    closed: int | None = None
    for start, end, closes in sorted(marks):
        if closes:
            closed = start if closed is None else closed
        else:
            yield (start if closed is None else closed), end
            closed = None
    if closed is not None:
        yield closed, len(answer)
    # Dictated answers have one line: there a speaker's name opens a sentence, and what follows may be the answer.
    lines = list(re.finditer(r"[^\r\n]+", answer))
    yield from (line.span() for line in lines if len(lines) > 1 and _OTHER_SPEAKER.search(line[0]))


def _holds_text(run: str) -> bool:
    """Whether it is base64 of words."""
    try:
        decoded = base64.b64decode(run + "=" * (-len(run) % 4), validate=True).decode("ascii")
    except (binascii.Error, UnicodeDecodeError):
        return False
    return decoded.isprintable() and " " in decoded
