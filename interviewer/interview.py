"""What happens after an answer: probe, next question or end, and the words for it; an `Interview` never changes.

One answer's way: `answer` records it, `next_step` chooses by code what comes next, `speak` words it. Grading runs
beside: its latest result is handed to `next_step` as what is known, and is never waited for.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from .attempts import answers_in, latest_at
from .errors import ReplyError
from .intake import declined
from .language import is_english
from .llm import LLM, Reply
from .probes import broken_rule, choose_probe, drifts
from .prompts import Prompts
from .schema import Dispute, Grade, Hint, Interview, Limits, Mode, Probe, QuestionDocument, RolePlay, Turn

__all__ = [
    "Close",
    "FollowUp",
    "Heard",
    "Interviewer",
    "NextQuestion",
    "Step",
    "answer",
    "answers_to",
    "begin",
    "end",
    "hint",
    "next_step",
    "speak",
    "try_again",
    "undo",
    "watched",
    "with_closing",
    "with_follow_up",
    "with_grade",
]

_About = TypeVar("_About", Turn, Hint, Dispute)
MOST_TOKENS = 90
INTERVIEWER_SLOT = 0
"""Of the embedded server's two, so that the grader's prompt stays cached in the other."""
NO_EXAMPLE = Probe(
    kind="star", criterion="no_example", text="", reason="the candidate has no example, so a supposed one is asked for"
)


@dataclass(frozen=True)
class Interviewer:
    """Who words the follow-ups: a chat model with the prompts, or nobody (`llm` None: the document's probes)."""

    prompts: Prompts
    llm: LLM | None = None
    grammar: str = ""
    """A llama.cpp grammar for the line; sent only to the embedded model."""

    @property
    def name(self) -> str:
        """The model's name, or `document`."""
        return self.llm.model if self.llm else "document"


@dataclass(frozen=True)
class FollowUp:
    """Ask this probe."""

    probe: Probe


@dataclass(frozen=True)
class NextQuestion:
    """Go on to the next document."""


@dataclass(frozen=True)
class Close:
    """End the interview."""

    reason: str
    """`done`, `time`, `turns` or `stopped`."""


Step = FollowUp | NextQuestion | Close


def begin(
    questions: Sequence[QuestionDocument],
    *,
    prompts: Prompts,
    id: str,
    now: float,
    limits: Limits | None = None,
    mode: Mode = "practice",
    owner: str = "",
    role_play: RolePlay | None = None,
) -> Interview:
    """A new interview whose first question has been asked, in the document's own words.

    Args:
        questions: documents in the order they are asked; at least one.
        prompts: where the opening is worded.
        id: unique name for the interview.
        now: seconds since the epoch.
        limits: where it stops by itself.
        mode: practice has no clock; in a simulation nobody is helped.
        owner: the browser it belongs to, where several people share a page.
        role_play: what is played, in the mode `role_play`; what follows is then up to `acting`.
    """
    interview = Interview(
        id=id, owner=owner, mode=mode, questions=tuple(questions), role_play=role_play, limits=limits or Limits(),
        started=now,
    )  # fmt: skip
    return _open(interview, prompts, first=True)


def answer(interview: Interview, text: str, now: float = 0.0) -> Interview:
    """The interview with the candidate's answer added, unchanged in every character; `now` in seconds since 1970."""
    turn = Turn(speaker="candidate", act="answer", text=text, question_id=interview.question.id, at=now)
    return _with_turn(interview, turn)


def undo(interview: Interview) -> tuple[Interview, str]:
    """The interview as it was before the last answer, and that answer's words; as it is when there is none."""
    last = next((place for place in reversed(range(len(interview.turns))) if _answered(interview.turns[place])), None)
    if last is None:
        return interview, ""
    taken = interview.turns[last]
    position = next(place for place, one in enumerate(interview.questions) if one.id == taken.question_id)
    left = sum(_answered(turn) and turn.question_id == taken.question_id for turn in interview.turns[:last])
    back = interview.model_copy(
        update={
            "turns": interview.turns[:last],
            "position": position,
            "mode": _goes_on_as(interview),
            "ended": "",
            "revision": interview.revision + 1,
            # What was judged with these words no longer stands, nor what somebody said of it.
            "disputes": tuple(
                one for one in interview.disputes if one.question_id != taken.question_id or one.answers <= left
            ),
            "grades": {id: grade for id, grade in interview.grades.items() if id != taken.question_id},
        }
    )
    return back, taken.text


def try_again(interview: Interview, question_id: str, *, prompts: Prompts) -> Interview:
    """The question asked anew; what was said and judged of it becomes an earlier attempt.

    An interview that had ended goes on, as practice: a simulation is not one once its report has been read.
    """
    position = next(place for place, one in enumerate(interview.questions) if one.id == question_id)

    def others(things: Sequence[_About]) -> tuple[_About, ...]:
        return tuple(one for one in things if one.question_id != question_id)

    attempt = latest_at(interview, question_id)
    kept = [*interview.attempts, attempt] if answers_in(attempt.turns) else interview.attempts
    again = interview.model_copy(
        update={
            "attempts": tuple(kept),
            "turns": tuple(turn for turn in others(interview.turns) if turn.act != "closing"),
            "grades": {id: grade for id, grade in interview.grades.items() if id != question_id},
            "hints": others(interview.hints),
            "disputes": others(interview.disputes),
            "position": position,
            "mode": _goes_on_as(interview),
            "ended": "",
        }
    )
    return _open(again, prompts, first=not again.turns)


def _goes_on_as(interview: Interview) -> Mode:
    """A simulation is not one once its report has been read."""
    return "practice" if interview.ended and interview.mode == "simulation" else interview.mode


def hint(interview: Interview, reading: Grade | None) -> Interview | None:
    """The interview with a hint: a probe written in the document, after what is still open; None when none is left.

    Args:
        interview: whose current question is being answered; in a role-play there is none.
        reading: what is known of its answers, draft included; None when nothing is.
    """
    if interview.role_play is not None:
        return None
    given = [turn for turn in _turns(interview) if _answered(turn)]
    probe = choose_probe(interview.question, reading, _used(interview))
    if probe is None:
        return None
    new = Hint(question_id=interview.question.id, probe=probe, answers=len(given))
    return interview.model_copy(update={"hints": (*interview.hints, new), "revision": interview.revision + 1})


def next_step(interview: Interview, reading: Grade | None, now: float) -> Step:
    """What the interviewer does now; pure, so the same conversation always leads to the same step.

    Args:
        interview: whose last turn is an answer.
        reading: what is known of the answers to the current question so far; None when nothing is.
        now: seconds since the epoch.
    """
    if interview.mode == "simulation" and now - interview.started >= 60 * interview.limits.minutes:
        return Close("time")
    if sum(turn.speaker == "candidate" for turn in interview.turns) >= interview.limits.turns:
        return Close("turns")
    asked = [turn for turn in _turns(interview) if turn.act == "follow_up"]
    used = _used(interview)
    most = min(interview.limits.follow_ups, interview.question.follow_ups)
    if len(asked) < most:
        if declined(interview.turns[-1].text):
            if (NO_EXAMPLE.kind, NO_EXAMPLE.criterion) not in used:
                return FollowUp(NO_EXAMPLE)
        else:
            probe = choose_probe(interview.question, reading, used)
            if probe:
                return FollowUp(probe)
    return Close("done") if _next_position(interview) is None else NextQuestion()


async def speak(interview: Interview, step: Step, interviewer: Interviewer) -> AsyncIterator[str | Interview]:
    """Says what the step asks for.

    Yields:
        Pieces of the interviewer's line as they come, then the new interview. A model line that breaks a rule stops
        coming; the new interview then holds the document's probe instead, with the rule in `Turn.replaced`.

    Raises:
        ProviderError: the model failed; the interview still stands as it was handed in, the answer included.
    """
    if isinstance(step, FollowUp) and interviewer.llm is not None and step.probe.text:
        async for piece in _word(interview, step.probe, interviewer, interviewer.llm):
            yield piece
        return
    said = _written(interview, step, interviewer.prompts)
    yield said.turns[-1].text
    yield said


def end(interview: Interview, interviewer: Interviewer) -> Interview:
    """The interview ended at the candidate's wish, politely."""
    return _written(interview, Close("stopped"), interviewer.prompts)


def answers_to(interview: Interview, question_id: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What was asked and what was answered on one question, pairwise: the first answer, then each follow-up's.

    In a role-play it is what the person said, the first time with the scene before it.
    """
    asked: list[str] = []
    answered: list[str] = []
    last = ""
    for turn in interview.turns:
        if turn.question_id == question_id:
            if turn.act == "follow_up" and interview.role_play is not None:
                scene = f"{last} " if not answered else ""
                last = f"{scene}(as {interview.role_play.person}) {turn.text}"
            elif turn.speaker == "interviewer":
                last = turn.text
            else:
                asked.append(last)
                answered.append(turn.text)
    return tuple(asked), tuple(answered)


def with_grade(interview: Interview, grade: Grade) -> Interview:
    """The interview with the latest grade of one of its questions."""
    return interview.model_copy(update={"grades": {**interview.grades, grade.question_id: grade}})


def _with_turn(interview: Interview, turn: Turn) -> Interview:
    """The interview with one more thing said."""
    # Half a character (a lone surrogate: browsers, terminals and hosts send them) can be neither saved nor sent on.
    whole = turn.model_copy(update={"text": turn.text.encode("utf-8", "replace").decode()})
    return interview.model_copy(update={"turns": (*interview.turns, whole), "revision": interview.revision + 1})


def with_follow_up(
    interview: Interview, text: str, *, probe: Probe | None = None, said_by: str = "document", replaced: str = ""
) -> Interview:
    """The interview with a follow-up, or in a role-play the person's next line.

    Args:
        interview: whose last turn is an answer.
        text: what is said.
        probe: what it asks for; None in a role-play.
        said_by: the model that worded it; `document`: it is written there.
        replaced: the rule that a model's line broke, which this one stands for.
    """
    turn = Turn(
        speaker="interviewer", act="follow_up", text=text, question_id=interview.question.id,
        said_by=said_by, probe=probe, replaced=replaced,
    )  # fmt: skip
    return _with_turn(interview, turn)


def with_closing(interview: Interview, text: str, reason: str) -> Interview:
    """The interview ended with these words for this reason, a value of `Interview.ended`."""
    turn = Turn(speaker="interviewer", act="closing", text=text, question_id=interview.question.id, said_by="document")
    return _with_turn(interview, turn).model_copy(update={"ended": reason})


def _answered(turn: Turn) -> bool:
    return turn.act == "answer"


def _next_position(interview: Interview) -> int | None:
    """Of the first other question without an answer: after one was tried again, that is where it had stopped."""
    answered = {turn.question_id for turn in interview.turns if _answered(turn)} | {interview.question.id}
    open_ones = [place for place, document in enumerate(interview.questions) if document.id not in answered]
    return open_ones[0] if open_ones else None


def _used(interview: Interview) -> set[tuple[str, str]]:
    """Kind and criterion of what has been asked about the current question, or shown as a hint."""
    asked = [turn.probe for turn in _turns(interview) if turn.act == "follow_up"]
    shown = [one.probe for one in interview.hints if one.question_id == interview.question.id]
    return {(probe.kind, probe.criterion) for probe in (*asked, *shown) if probe}


def _turns(interview: Interview) -> list[Turn]:
    return [turn for turn in interview.turns if turn.question_id == interview.question.id]


def _open(interview: Interview, prompts: Prompts, *, first: bool) -> Interview:
    """The current question asked; in a role-play, the scene set and the person's first line said."""
    play = interview.role_play
    if play is None:
        return _with_turn(interview, _opening(interview, prompts, first=first))
    scene = prompts.render("roleplay/opening.j2", play=play)
    told = Turn(
        speaker="interviewer", act="question", text=scene, question_id=interview.question.id, said_by="document"
    )
    line = told.model_copy(update={"act": "follow_up", "text": play.opens})
    return _with_turn(_with_turn(interview, told), line)


def _opening(interview: Interview, prompts: Prompts, *, first: bool) -> Turn:
    document = interview.question
    text = prompts.render("interviewer/opening.j2", document=document, first=first)
    return Turn(speaker="interviewer", act="question", text=text, question_id=document.id, said_by="document")


def _written(interview: Interview, step: Step, prompts: Prompts) -> Interview:
    """The step in words that are written down, without a model."""
    if isinstance(step, NextQuestion):
        position = _next_position(interview)
        if position is None:
            raise ValueError("there is no next question")
        moved = interview.model_copy(update={"position": position})
        return _with_turn(moved, _opening(moved, prompts, first=False))
    if isinstance(step, Close):
        text = prompts.render("interviewer/closing.j2", reason=step.reason)
        return with_closing(interview, text, step.reason)
    text = step.probe.text or prompts.render("interviewer/no_example.j2", document=interview.question)
    return with_follow_up(interview, text, probe=step.probe)


@dataclass(frozen=True)
class Heard:
    """What a model said, as far as it was listened to."""

    line: str = ""
    broken: str = ""
    """The rule that its words broke while they came, or that there were none; empty when it was heard to its end."""


async def watched(pieces: AsyncGenerator[str | Reply], broken_by: Callable[[str], str]) -> AsyncGenerator[str | Heard]:
    """A model's words as they come, until the line so far breaks a rule; last, what was heard.

    Args:
        pieces: of the line; closed where a rule breaks, which ends the request and not only the reading of it.
        broken_by: the rule that an unfinished line breaks; empty for none.
    """
    line, broken = "", ""
    try:
        async with aclosing(pieces):
            async for piece in pieces:
                if isinstance(piece, Reply):
                    break
                line += piece
                broken = broken_by(line)
                if broken:
                    break
                yield piece
    except ReplyError:
        broken = "is empty"
    yield Heard(line, broken)


async def _word(
    interview: Interview, probe: Probe, interviewer: Interviewer, llm: LLM
) -> AsyncIterator[str | Interview]:
    """The probe in the model's words, watched while they come."""
    document = interview.question
    brief = [interview.brief.title, *interview.brief.phrases] if interview.brief else []
    no_secret = " ".join(
        [document.question, probe.text, *brief, *(t.text for t in interview.turns if t.speaker == "candidate")]
    )
    extra = {"grammar": interviewer.grammar, "id_slot": INTERVIEWER_SLOT} if llm.local else None
    pieces = llm.say(messages(interview, probe, interviewer.prompts), max_tokens=MOST_TOKENS, extra=extra)
    heard = Heard()
    breaks = partial(broken_rule, document=document, said=no_secret, finished=False)
    async with aclosing(watched(pieces, breaks)) as come:
        async for piece in come:
            if isinstance(piece, str):
                yield piece
            else:
                heard = piece
    line, broken = heard.line, heard.broken
    broken = broken or broken_rule(line, document, said=no_secret) or _other_language(line, probe)
    if not broken and llm.local and drifts(line, probe.text):  # a small model asks whatever comes to its mind
        broken = "asks about something else"
    if broken:
        yield with_follow_up(interview, probe.text, probe=probe, replaced=broken)
    else:
        yield with_follow_up(interview, line.strip(), probe=probe, said_by=llm.model)


def _other_language(line: str, probe: Probe) -> str:
    # A document in another language than English is asked in that language.
    return "leaves the document's language" if is_english([probe.text]) and not is_english([line]) else ""


def messages(interview: Interview, probe: Probe, prompts: Prompts) -> list[dict[str, str]]:
    """The request for one follow-up: constant instructions, the talk so far, and last what to ask.

    Only the current question's turns are sent. Key points never appear, except as the probe's own words.
    """
    *talk, last = _turns(interview)
    asked = prompts.render("interviewer/follow_up.j2", answer=last.text, probe=probe.text)
    return [*_heard(interview, talk, prompts), {"role": "user", "content": asked}]


def _heard(interview: Interview, talk: Sequence[Turn], prompts: Prompts) -> list[dict[str, str]]:
    """What a request for a follow-up begins with: the instructions and these turns of the current question."""
    system = prompts.render("interviewer/system.j2", document=interview.question)
    if interview.brief is not None:
        system += "\n\n" + prompts.render("interviewer/brief.j2", brief=interview.brief)
    said = [
        {"role": "assistant", "content": turn.text}
        if turn.speaker == "interviewer"
        else {"role": "user", "content": prompts.render("interviewer/answer.j2", answer=turn.text)}
        for turn in talk
    ]
    return [{"role": "system", "content": system}, *said]


async def listen(interview: Interview, interviewer: Interviewer, typed: str = "") -> None:
    """Lets the embedded model read what was said so far while the candidate still types, so that it replies sooner.

    A model elsewhere is not asked: its host keeps what it has read by itself, and takes money for every request.

    Args:
        interview: whose last turn waits for an answer.
        interviewer: whose model it is.
        typed: the beginning of that answer, as far as it is finished.

    Raises:
        ProviderError: the model failed; nothing is lost by that.
        ReplyError: it replied with nothing; that does no harm either.
    """
    llm = interviewer.llm
    if llm is None or not llm.local:
        return
    typing = {"role": "user", "content": interviewer.prompts.render("interviewer/answer.j2", answer=typed)}
    read = [*_heard(interview, _turns(interview), interviewer.prompts), typing]
    await llm.ask(read, max_tokens=1, extra={"id_slot": INTERVIEWER_SLOT})
