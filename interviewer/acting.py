"""Plays the other person in a role-play, turn by turn; a model may word their lines and never decides what they do.

The state is not kept anywhere: it follows from the candidate's lines by the rules of the document (`roleplay`).
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing

from .in_role import broken_rule, tidy
from .interview import MOST_TOKENS, Heard, Interviewer, watched, with_closing, with_follow_up
from .language import is_english
from .llm import LLM
from .phrases import later
from .prompts import Prompts
from .roleplay import Move, State, choose_line, course, open_topic, state_after
from .schema import (
    STAR_PARTS,
    Grade,
    Interview,
    KeyPointVerdict,
    MotivationVerdict,
    RolePlay,
)

__all__ = ["act", "as_played", "messages", "moves", "over", "roleplay_step", "stop"]

_MADE_FOR_TOLD = ("builtin", "readout")
"""Deciders that learnt from answers which tell of something; how they do on a talk nobody has measured."""
_SURE_LEVEL = 2
_NOT_TOLD = later("This grader can't tell that a talk lacks this: it was made for answers that tell a story.")
_PLAYED = later(
    "This grader was made for answers that tell a story. What it finds in your talk stands; what it does not "
    "find may be there all the same, so there is no band. A chat model can grade a talk."
)


def roleplay_step(interview: Interview) -> State:
    """Where the person stands after everything the candidate has said; pure, and what they answer from."""
    return state_after(_play(interview), _lines(interview))


def moves(interview: Interview) -> tuple[Move, ...]:
    """What each of the candidate's lines did."""
    return course(_play(interview), _lines(interview))


def over(interview: Interview) -> bool:
    """Whether the talk has come to its end, be the last line spoken yet or not: from then on it can be graded."""
    return bool(interview.ended) or roleplay_step(interview).ending is not None


async def act(interview: Interview, interviewer: Interviewer) -> AsyncIterator[str | Interview]:
    """Answers the candidate's last line as the person, and ends the talk where the rules end it.

    Yields:
        Pieces of the person's line as they come, then the new interview. A model's line that breaks a rule stops
        coming; the new interview then holds the script's line instead, with the rule in `Turn.replaced`.

    Raises:
        ProviderError: the model failed; the interview still stands as it was handed in, the candidate's line included.
    """
    play, state = _play(interview), roleplay_step(interview)
    line = choose_line(play, state, _spoken(interview))
    # The embedded model says the script's line letter for letter, repeats the candidate's, or refuses to play (tried in
    # three wordings): nothing to wait for.
    if interviewer.llm is not None and not interviewer.llm.local and state.ending is None:
        async for piece in _word(interview, state, line, interviewer, interviewer.llm):
            yield piece
        return
    yield line
    said = with_follow_up(interview, line)
    yield _close(said, state.ending, interviewer.prompts) if state.ending else said


def stop(interview: Interview, prompts: Prompts) -> Interview:
    """The role-play ended at the candidate's wish."""
    return _close(interview, "stopped", prompts)


def as_played(grade: Grade) -> Grade:
    """A role-play's grade as far as its decider can know: what those made for told answers don't find is unsure.

    It has no second opinion, either, which would be the built-in grader's.
    """
    grade = grade.model_copy(update={"second_opinion": None})
    if grade.decider not in _MADE_FOR_TOLD or grade.status == "unscored":
        return grade
    unknown = KeyPointVerdict(verdict="unsure", reason=_NOT_TOLD)
    levels = {id: found.level or 0 for id, found in grade.motivations.items()}
    return grade.model_copy(
        update={
            "status": "partly_graded",
            "reason": _PLAYED,
            "key_points": {
                id: unknown if point.verdict == "missing" else point for id, point in grade.key_points.items()
            },
            "motivations": {
                id: found if levels[id] >= _SURE_LEVEL else MotivationVerdict(unsure=True, reason=_NOT_TOLD)
                for id, found in grade.motivations.items()
            },
            "star": dict.fromkeys(STAR_PARTS),
            "star_quotes": {},
            "coverage": None,
            "band": None,
            "advice": (),
        }
    )


def messages(interview: Interview, state: State, line: str, prompts: Prompts) -> list[dict[str, str]]:
    """The request for one line: constant instructions, the talk so far, and last how the person is and what to say."""
    play = _play(interview)
    topic = open_topic(play, state)
    talk = [
        {"role": "user", "content": prompts.render("interviewer/answer.j2", answer=turn.text)}
        if turn.speaker == "candidate"
        else {"role": "assistant", "content": turn.text}
        for turn in interview.turns[:-1]
        if turn.act != "question"
    ]
    last = prompts.render(
        "roleplay/line.j2",
        play=play, answer=interview.turns[-1].text, level=play.levels[state.temper], topic=topic, line=line,
    )  # fmt: skip
    return [
        {"role": "system", "content": prompts.render("roleplay/system.j2", play=play)},
        *talk,
        {"role": "user", "content": last},
    ]


async def _word(
    interview: Interview, state: State, script: str, interviewer: Interviewer, llm: LLM
) -> AsyncIterator[str | Interview]:
    """The script's line in the model's words, watched while they come."""
    person = _play(interview).person
    said, earlier = interview.turns[-1].text, _spoken(interview)

    def breaks(line: str, *, finished: bool = False) -> str:
        return broken_rule(tidy(line, person), heard=said, earlier=earlier, finished=finished)

    pieces = llm.say(messages(interview, state, script, interviewer.prompts), max_tokens=MOST_TOKENS)
    heard = Heard()
    async with aclosing(watched(pieces, breaks)) as come:
        async for piece in come:
            if isinstance(piece, str):
                yield piece
            else:
                heard = piece
    line = tidy(heard.line, person)
    broken = heard.broken or breaks(line, finished=True) or _strays(line, script)
    if broken:
        yield with_follow_up(interview, script, replaced=broken)
    else:
        yield with_follow_up(interview, line, said_by=llm.model)


def _strays(line: str, script: str) -> str:
    if is_english([script]) and not is_english([line]):
        return "leaves the document's language"
    if "?" in script and "?" not in line:
        return "doesn't ask what it should"
    return ""


def _close(interview: Interview, reason: str, prompts: Prompts) -> Interview:
    text = prompts.render("roleplay/closing.j2", play=_play(interview), reason=reason)
    return with_closing(interview, text, reason)


def _play(interview: Interview) -> RolePlay:
    if interview.role_play is None:
        raise ValueError("this interview is no role-play")
    return interview.role_play


def _lines(interview: Interview) -> list[str]:
    return [turn.text for turn in interview.turns if turn.act == "answer"]


def _spoken(interview: Interview) -> list[str]:
    return [turn.text for turn in interview.turns if turn.act == "follow_up"]
