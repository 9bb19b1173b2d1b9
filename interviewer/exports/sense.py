"""Says why no program of ours can have written an interview; a file's every field may be somebody's attack."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import get_args

from ..disputes import CHOICES
from ..documents import CRITERION_ID, DOCUMENT_ID
from ..phrases import _
from ..roleplay import LEAVES, too_many_gaps
from ..schema import Attempt, Comment, Dispute, Ending, Grade, Hint, Interview, RolePlay, Turn

__all__ = ["LATEST", "LONGEST_NAME", "nonsense"]

LONGEST_ANSWER = 100_000
LONGEST_NAME = 200
LATEST = 4_102_444_800.0
"""Seconds since the epoch: the year 2100, from which a schedule can still reckon on."""
MOST_CRITERIA = 200
"""Of one kind, of one question."""
MOST_QUOTES = 5_000
"""Of one interview: each is sought in the answers when a rubric is drawn."""
MOST_CUES = 2_000
LONGEST_CUE = 200


def nonsense(interview: Interview) -> str:
    """Why no program of ours can have written this interview; empty when one can."""
    found = (_about_questions, _about_ids, _about_turns, _about_sizes, _about_times, _about_disputes, _about_play)
    return next(filter(None, (check(interview) for check in found)), "")


def _about_questions(interview: Interview) -> str:
    known = [document.id for document in interview.questions]
    if not known or len(set(known)) != len(known):
        return _("it has no question, or one twice")
    if not 0 <= interview.position < len(known):
        return _("it is at a question that it doesn't have")
    tried: list[Hint | Dispute] = []
    for attempt in interview.attempts:
        tried += (*attempt.hints, *attempt.disputes)
    about: list[Turn | Attempt | Hint | Dispute | Comment | Grade] = [
        *_turns(interview),
        *interview.attempts,
        *tried,
        *interview.hints,
        *interview.disputes,
        *interview.comments,
        *_grades(interview),
    ]
    if any(one.question_id not in known for one in about):
        return _("something in it is about a question that it doesn't have")
    if any(id != grade.question_id for id, grade in interview.grades.items()):
        return _("a grade stands under another question")
    if any(id != one.question_id for id, one in interview.rewrites.items()):
        return _("a rewrite stands under another question")
    if any(turn.question_id != attempt.question_id for attempt in interview.attempts for turn in attempt.turns):
        return _("an attempt has words about another question")
    return ""


def _about_ids(interview: Interview) -> str:
    """Ids go into the page's element ids, and between spaces to its scripts: only a document's own can be there."""
    documents = [document.id for document in interview.questions]
    criteria: list[str] = []
    for document in interview.questions:
        criteria += (one.id for one in document.key_points)
        criteria += (one.id for one in document.motivations)
        criteria += (one.id for one in document.red_flags)
    for grade in _grades(interview):
        criteria += (*grade.key_points, *grade.motivations, *grade.red_flags)
    if all(_is_id(one, DOCUMENT_ID) for one in documents) and all(_is_id(one, CRITERION_ID) for one in criteria):
        return ""
    return _("an id in it is none")


def _is_id(text: str, pattern: str) -> bool:
    return len(text) <= 80 and re.fullmatch(pattern, text) is not None


def _about_turns(interview: Interview) -> str:
    if any((turn.speaker == "candidate") != (turn.act == "answer") for turn in _turns(interview)):
        return _("somebody says what is not theirs to say")
    if any(all(turn.act != "answer" for turn in attempt.turns) for attempt in interview.attempts):
        return _("an attempt has no answer")
    return ""


def _about_sizes(interview: Interview) -> str:
    words = [turn.text for turn in _turns(interview)] + [comment.text for comment in interview.comments]
    if any(len(text) > LONGEST_ANSWER for text in words):
        return _("an answer is longer than {most:,} characters").format(most=LONGEST_ANSWER)
    if len(interview.candidate) > LONGEST_NAME or any(len(one.author) > LONGEST_NAME for one in interview.comments):
        return _("a name is longer than {most} characters").format(most=LONGEST_NAME)
    kinds = [kind for one in interview.questions for kind in (one.key_points, one.motivations, one.red_flags)]
    if any(len(kind) > MOST_CRITERIA for kind in kinds):
        return _("a question has more than {most} criteria").format(most=MOST_CRITERIA)
    if sum(map(_count_quotes, _grades(interview))) > MOST_QUOTES:
        return _("its grades have more than {most:,} quotes").format(most=MOST_QUOTES)
    return ""


def _count_quotes(grade: Grade) -> int:
    count = sum(map(len, grade.star_quotes.values()))
    count += sum(len(one.quotes) for one in grade.key_points.values())
    count += sum(len(one.quotes) for one in grade.motivations.values())
    return count + sum(len(one.quotes) for one in grade.red_flags.values())


def _about_times(interview: Interview) -> str:
    times = [
        interview.started,
        *(turn.at for turn in _turns(interview)),
        *(one.at for one in interview.comments),
    ]
    return "" if all(math.isfinite(one) and 0 <= one <= LATEST for one in times) else _("a time is no time")


def _about_disputes(interview: Interview) -> str:
    every = [*interview.disputes, *(one for attempt in interview.attempts for one in attempt.disputes)]
    for one in every:
        known = CHOICES[one.kind]
        if one.verdict not in known or one.graded not in (*known, "unsure", "unscored"):
            return _("a verdict is none")
    return ""


def _about_play(interview: Interview) -> str:
    if (interview.mode == "role_play") != (interview.role_play is not None):
        return _("it is no role-play, or lacks one")
    return (
        "" if interview.role_play is None or _is_playable(interview.role_play) else _("its role-play can't be played")
    )


def _is_playable(play: RolePlay) -> bool:
    cues = [cue for rule in play.rules for cue in rule.cues]
    return (
        0 <= play.temper < LEAVES
        and set(play.endings) == set(get_args(Ending))
        and all(topic.calm and topic.tense and topic.heated for topic in play.topics)
        and len(cues) <= MOST_CUES
        and not any(len(cue) > LONGEST_CUE or too_many_gaps(cue) for cue in cues)
    )


def _turns(interview: Interview) -> tuple[Turn, ...]:
    return (*interview.turns, *(turn for attempt in interview.attempts for turn in attempt.turns))


def _grades(interview: Interview) -> Iterator[Grade]:
    yield from interview.grades.values()
    yield from (one.grade for one in interview.attempts if one.grade is not None)
