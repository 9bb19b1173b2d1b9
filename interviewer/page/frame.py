"""The HTML around the rubric: who is at the table, the start, notices, the talk; pure, escapes everybody's words."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from ..acting import over
from ..attempts import attempts_at, comments_on, deliveries_in
from ..criteria import not_judged
from ..errors import InterviewerError
from ..interview import answers_to
from ..panel import Description
from ..phrases import _, chosen_language, count_of, forms_of, later
from ..schema import Grade, Interview, Library, QuestionDocument, RolePlay
from ..wording import MODE_NAMES
from .better import Writing, show_better
from .closing import show_report
from .comments import show_comments
from .differ import Refusal
from .fits import show_brief
from .marks import escape
from .render import show_rubric
from .stage import show_course, show_role
from .tries import offer_again, say_attempt, show_difference, show_earlier
from .voice import show_line

__all__ = [
    "hidden_until_the_end",
    "overlay",
    "show_chat",
    "show_failure",
    "show_hints",
    "show_notice",
    "show_people",
    "show_question",
    "show_side",
    "show_welcome",
]

Message = dict[str, str]

_IN_ENGLISH = later(
    "The questions, what they are judged by and the advice are in English, and the built-in grader reads English "
    "answers only."
)


def show_people(description: Description) -> str:
    """The line that always says who interviews, who grades, how far to believe it, and every fallback."""
    notices = "".join(f"<li>{escape(notice)}</li>" for notice in description.notices)
    fallback = (
        f'<div class="fallbacks" role="note" aria-label="{escape(_("What is not as usual"))}"><ul>{notices}</ul></div>'
        if notices
        else ""
    )
    return (
        '<header class="top"><div class="brand"><span class="logo" aria-hidden="true"></span>'
        f"<h1>interviewer</h1><p>{escape(_('A mock interview, graded in the open'))}</p></div>"
        f'<dl class="people"><div><dt>{escape(_("Interviewer"))}</dt><dd>{escape(description.interviewer)}</dd></div>'
        f"<div><dt>{escape(_('Grader'))}</dt><dd>{escape(description.grader)}</dd></div>"
        f"<div><dt>{escape(_('How far to trust it'))}</dt><dd>{escape(description.agreement)}</dd></div></dl>"
        f"{fallback}</header>"
    )


def show_welcome() -> str:
    """What this is, in three sentences, and three tips."""
    lead = _(
        "You are asked a real interview question and answer it in your own words. A few follow-up questions come back, "
        "as they would. After each answer you read how it was judged, with the words of yours that every verdict rests "
        "on."
    )
    tips = (
        _("Tell one real situation: what happened, what you did, how it ended."),
        _("Nothing you type is lost: you can close this page and come back."),
        _("No example? Say so. That is an answer too."),
    )
    # Empty in English; elsewhere it says what stays in English.
    english = "" if chosen_language() == "en" else f'<p class="lead">{escape(_(_IN_ENGLISH))}</p>'
    return (
        f'<section class="welcome"><h2>{escape(_("Practise before it counts"))}</h2><p class="lead">{escape(lead)}</p>'
        f"{english}<details class='tips'><summary>{escape(_('Three tips'))}</summary><ul>"
        f"{''.join(f'<li>{escape(tip)}</li>' for tip in tips)}</ul></details></section>"
    )


def show_question(interview: Interview) -> str:
    """What stands above the talk: mode and clock, role, plan, question, and where in the interview it is."""
    if interview.role_play is not None:
        return show_role(interview, interview.role_play) + show_line(interview)
    document = interview.question
    count = len(interview.questions)
    mode = f'<span class="mode">{escape(_(MODE_NAMES[interview.mode]))}</span> {_clock(interview)}'
    plan = f" · {escape(interview.plan)}" if interview.plan else ""
    place = _("question {number} of {count}").format(number=interview.position + 1, count=count)
    place = f" · {escape(place)}" if count > 1 else ""
    return (
        f'<div class="now"><p class="eyebrow">{mode}{escape(document.role)}{plan}{place}</p>'
        f'<h2 class="asked">{escape(document.question)}</h2>{show_brief(interview.brief)}</div>{show_line(interview)}'
    )


def _clock(interview: Interview) -> str:
    """When a simulation is over; the script counts down to it."""
    if interview.mode != "simulation" or interview.ended:
        return ""
    ends = interview.started + 60 * interview.limits.minutes
    left = json.dumps(forms_of("{number} minute left", "{number} minutes left"))
    over = _("Time is up: your next answer is the last")
    whole = _("{minutes} minutes in all").format(minutes=f"{interview.limits.minutes:g}")
    return (
        f'<span class="clock" role="timer" data-ends="{ends:.0f}" data-left="{escape(left)}" '
        f'data-over="{escape(over)}">{escape(whole)}</span> '
    )


def show_hints(interview: Interview) -> str:
    """The hints taken for the question that is being answered, and how many."""
    given = sum(turn.act == "answer" and turn.question_id == interview.question.id for turn in interview.turns)
    shown = [one for one in interview.hints if one.question_id == interview.question.id]
    if not shown:
        return ""
    items = "".join(
        f"<li{'' if one.answers == given else ' class=past'}>{escape(one.probe.text)}</li>" for one in shown
    )
    count = count_of("{number} hint, noted with your answer", "{number} hints, noted with your answer", len(shown))
    return (
        f'<div class="hints" role="status"><p class="label">{escape(count)}</p><ol>{items}</ol></div>'
        if not interview.ended
        else ""
    )


def show_chat(interview: Interview, coming: str = "") -> list[Message]:
    """The talk as messages for the chat box, which takes HTML: so every word is escaped here.

    Args:
        interview: what has been said.
        coming: as much of the interviewer's next line as has arrived.
    """
    # In a role-play the other person's lines bear their name: the interviewer speaks, too, before and after.
    name = f"<b>{escape(interview.role_play.person)}</b>\n" if interview.role_play else ""
    messages = [
        {
            "role": "assistant" if turn.speaker == "interviewer" else "user",
            "content": (name if turn.act == "follow_up" else "") + escape(turn.text),
        }
        for turn in interview.turns
    ]
    return [*messages, {"role": "assistant", "content": name + escape(coming)}] if coming else messages


def show_notice(text: str, *, tone: str = "info") -> str:
    """A sentence that is read aloud at once; empty text shows nothing."""
    return f'<div class="notice {tone}" role="alert"><p>{escape(text)}</p></div>' if text else ""


def show_failure(failure: InterviewerError, kept: str) -> str:
    """What went wrong, in its own sentence, and what is not lost."""
    return show_notice(f"{failure} {kept}".strip(), tone="failed")


def show_side(
    interview: Interview | None,
    grades: Mapping[str, Grade],
    library: Library,
    *,
    grading: str = "",
    progress: tuple[int, int] = (0, 0),
    status: str = "",
    refusal: Refusal | None = None,
    writing: Writing | None = None,
    missed: Callable[[Grade], str] = lambda grade: "",
) -> str:
    """The rubric beside the talk: the question last answered, then earlier ones folded up.

    Args:
        interview: None before one has begun.
        grades: by question id; nothing is shown of a question that is not in it.
        library: for the advice's reading.
        grading: id of the question being graded; empty when none is.
        progress: how many of its criteria have been judged, and of how many.
        status: a sentence for readers aloud, announced when it changes.
        refusal: why another view of a verdict could not be taken, for the form it came from.
        writing: the rewrite that is being written.
        missed: says how often the grader of a grade misses red flags.
    """
    if interview is not None and hidden_until_the_end(interview):
        return f'<p class="aloud" role="status"></p>{_simulated(interview)}'
    # The element stays the same one, so that a change of its text is announced.
    parts = [f'<p class="aloud" role="status">{escape(status)}</p>']
    order = [] if interview is None else _shown_first(interview)
    rubrics = [
        (question_id, one)
        for question_id in order
        if (one := _question(interview, question_id, grades, library, grading, progress, refusal, writing, missed))
    ]
    if interview is not None:
        parts.append(show_course(interview))
    if interview is not None and interview.role_play is not None and not rubrics and not over(interview):
        parts.append(_not_over(interview.role_play))
        return "".join(parts)
    if interview is None or not rubrics:
        answered = interview is not None and any(turn.act == "answer" for turn in interview.turns)
        parts.append(_waiting(answered=answered, grading=bool(grading)))
        return "".join(parts)
    finished = {question_id: grade for question_id, grade in grades.items() if question_id != grading}
    report = show_report(interview.model_copy(update={"grades": finished}))
    parts.append(report)
    for place, (question_id, rubric) in enumerate(rubrics):
        if place or (report and len(rubrics) > 1):
            number = _place_of(interview, question_id)
            about = interview.questions[number].question
            about = about if report else _("Earlier: {question}").format(question=about)
            rubric = (
                f'<details class="earlier" id="earlier-{number}"><summary>{escape(about)}</summary>{rubric}</details>'
            )
        parts.append(rubric)
    return "".join(parts)


def hidden_until_the_end(interview: Interview) -> bool:
    """Whether nothing of a grade may be shown yet."""
    return interview.mode == "simulation" and not interview.ended


def _shown_first(interview: Interview) -> list[str]:
    """Ids of the questions that were answered or tried before: the one asked now first, then the latest answered."""
    answered = [turn.question_id for turn in interview.turns if turn.act == "answer"]
    tried = [attempt.question_id for attempt in interview.attempts]
    now = [interview.question.id] if interview.question.id in tried else []
    return [*dict.fromkeys([*now, *reversed(answered), *reversed(tried)])]


def _question(
    interview: Interview | None,
    question_id: str,
    grades: Mapping[str, Grade],
    library: Library,
    grading: str,
    progress: tuple[int, int],
    refusal: Refusal | None,
    writing: Writing | None,
    missed: Callable[[Grade], str],
) -> str:
    """All there is about one question: the latest rubric, what it changed, the attempts before; empty for nothing."""
    if interview is None:
        return ""
    place = _place_of(interview, question_id)
    document, prefix = interview.questions[place], f"rubric-{place}"
    attempts = attempts_at(interview, question_id)
    earlier = [one for one in interview.attempts if one.question_id == question_id]
    grade = grades.get(question_id)
    current = len(attempts) > len(earlier)
    said = [show_comments(comments_on(interview, question_id, place + 1)) for place in range(len(earlier))]
    running = progress if question_id == grading else None
    if not current or grade is None:
        before = show_earlier(earlier, document, library, prefix=prefix, open_last=True, comments=said)
        return f"{_anew(document, graded=current)}{before}" if before else ""
    judged = [*attempts[:-1], attempts[-1].model_copy(update={"grade": grade})]
    answers = answers_to(interview, question_id)[1]
    better = ""
    if interview.role_play is None:  # what was said to somebody is no story to be told better
        better = show_better(grade, document, library, interview.rewrites.get(question_id), writing, prefix=prefix)
    rubric = show_rubric(
        grade, document, answers, library,
        prefix=prefix, progress=running, disputes=interview.disputes, refusal=refusal,
        deliveries=deliveries_in(attempts[-1].turns),
        tries=say_attempt(judged, len(judged) - 1),
        difference="" if running else show_comments(comments_on(interview, question_id, len(attempts)))
        + show_difference(judged, document),
        again=offer_again(document, document.question),
        better=better,
        missed=missed(grade),
    )  # fmt: skip
    return rubric + show_earlier(earlier, document, library, prefix=prefix, open_last=False, comments=said)


def _anew(document: QuestionDocument, *, graded: bool) -> str:
    says = (
        _("Your new answer is being graded. Your last attempt stays here.")
        if graded
        else _("Answer again when you are ready. Your last attempt stays here to look at.")
    )
    return (
        f'<div class="empty anew"><h3>{escape(_("Another try"))}</h3><p>{escape(document.question)}</p>'
        f"<p>{escape(says)}</p></div>"
    )


def _simulated(interview: Interview) -> str:
    given = sum(turn.act == "answer" for turn in interview.turns)
    says = _("As in a real interview, you read nothing about your answers until it is over. Then there is a report.")
    count = count_of("{number} answer given.", "{number} answers given.", given)
    return f'<div class="empty"><h3>{escape(_("Simulation"))}</h3><p>{escape(says)}</p><p>{escape(count)}</p></div>'


def _place_of(interview: Interview, question_id: str) -> int:
    """Place of a question in the interview, for element ids that no document's id can break."""
    return next(place for place, document in enumerate(interview.questions) if document.id == question_id)


def _not_over(play: RolePlay) -> str:
    says = _("When the role-play is over you read here how {person} felt after each of your lines, and your rubric.")
    return (
        f'<div class="empty"><h3>{escape(_("Your rubric"))}</h3><p>{escape(says.format(person=play.person))}</p></div>'
    )


def _waiting(*, answered: bool, grading: bool) -> str:
    if grading:
        says = _("Your answer is being graded. You can go on with the interview meanwhile.")
    elif answered:
        says = _("Your answer has not been graded yet.")
    else:
        says = _(
            "Here you will read how your answer was judged: what it covers, what is missing, and the words of yours "
            "that each verdict rests on."
        )
    busy = ' aria-busy="true"' if grading else ""
    return f'<div class="empty"{busy}><h3>{escape(_("Your rubric"))}</h3><p>{escape(says)}</p></div>'


def overlay(before: Grade | None, now: Grade) -> Grade:
    """The grade so far, with the verdicts of the one before where a criterion has not been judged again yet."""
    if before is None or before.status == "unscored" or before.rubric_hash != now.rubric_hash:
        return now

    def merge(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
        return {key: old.get(key, verdict) if not_judged(verdict) else verdict for key, verdict in new.items()}

    return now.model_copy(
        update={
            "key_points": merge(before.key_points, now.key_points),
            "motivations": merge(before.motivations, now.motivations),
            "red_flags": merge(before.red_flags, now.red_flags),
            "star": {part: before.star.get(part) if told is None else told for part, told in now.star.items()},
            "star_quotes": {**before.star_quotes, **now.star_quotes},
        }
    )
