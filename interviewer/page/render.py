"""Turns grades into the rubric's HTML; pure, escapes everybody's words, and never asks a model anything."""

from __future__ import annotations

from collections.abc import Sequence

from ..criteria import said_unsure, say_part, sign_of
from ..disputes import find_dispute, heard
from ..phrases import _, count_of
from ..schema import (
    STAR_PARTS,
    Advice,
    Delivery,
    Dispute,
    Grade,
    KeyPoint,
    KeyPointVerdict,
    Kind,
    Library,
    Motivation,
    MotivationVerdict,
    QuestionDocument,
    Quote,
    RedFlag,
    StarPart,
)
from ..wording import (
    explain_band,
    number_evidence,
    say_band,
    say_making,
    say_second_opinion,
    say_set_aside,
    say_status,
    say_verdict,
    summarise,
)
from ..written import say_reason
from .differ import Refusal, offer_absent, say_count, show_differ
from .marks import badge, escape, icon, lighting_rules, show_answers, show_quote
from .voice import show_deliveries
from .why import show_why

__all__ = ["show_reading", "show_rubric"]


class _View:
    """One grade with its evidence numbered: what every part of the rubric is drawn from."""

    def __init__(
        self,
        grade: Grade,
        document: QuestionDocument,
        answers: Sequence[str],
        prefix: str,
        progress: tuple[int, int] | None,
        disputes: Sequence[Dispute],
        refusal: Refusal | None,
        settled: bool,
        deliveries: Sequence[Delivery | None],
        missed: str,
    ) -> None:
        self.deliveries = deliveries
        self.missed = missed
        self.grade = grade
        self.document = document
        self.answers = answers
        self.prefix = prefix
        self.progress = progress
        self.running = progress is not None
        self.evidence = number_evidence(grade, document)
        self.numbers = {(item.kind, item.criterion): item for item in self.evidence}
        self.disputes = disputes
        self.refusal = refusal
        self.settled = settled
        self.opinions = say_second_opinion(grade)

    def lights(self, kind: Kind, criterion: str) -> str:
        """Attributes that tie a criterion to its words."""
        item = self.numbers.get((kind, criterion))
        return f'id="{self.prefix}-criterion-{item.number}" data-lights="{item.number}"' if item else ""

    def badge(self, kind: Kind, criterion: str) -> str:
        item = self.numbers.get((kind, criterion))
        return badge(item, self.prefix, toward="words") if item else ""

    def disputed(self, kind: Kind, criterion: str) -> Dispute | None:
        return find_dispute(self.disputes, self.document.id, kind, criterion)

    def differ(self, kind: Kind, criterion: str, name: str) -> str:
        """Why it is so, and the candidate's own view of it; of a verdict still to come there is neither yet."""
        if self.running:
            return ""
        why = show_why(self.grade, self.document, kind, criterion, prefix=self.prefix, name=name)
        if self.settled:
            return why
        return why + show_differ(
            kind, criterion, name,
            question_id=self.document.id, prefix=self.prefix,
            several=len(self.answers) > 1, answers=heard(self.grade, self.answers),
            kept=self.disputed(kind, criterion), refusal=self.refusal,
        )  # fmt: skip

    def quotes(self, quotes: Sequence[Quote]) -> str:
        several = len(self.answers) > 1
        return "".join(show_quote(quote, several=several) for quote in quotes)


def show_rubric(
    grade: Grade,
    document: QuestionDocument,
    answers: Sequence[str],
    library: Library,
    *,
    prefix: str = "rubric",
    progress: tuple[int, int] | None = None,
    disputes: Sequence[Dispute] = (),
    refusal: Refusal | None = None,
    tries: str = "",
    difference: str = "",
    again: str = "",
    better: str = "",
    settled: bool = False,
    deliveries: Sequence[Delivery | None] = (),
    missed: str = "",
) -> str:
    """One question's rubric.

    Args:
        grade: the latest, complete or still filling in.
        document: what it was judged by; its criteria are revealed here and nowhere before.
        answers: the candidate's, in order; quotes point into them.
        library: where the advice's examples and guides are.
        prefix: of element ids; different for each rubric on one page.
        progress: while verdicts are still coming, how many criteria have been judged and of how many.
        disputes: where the candidate sees it differently; shown beside the verdicts, which stay as they are.
        refusal: why the form that was just sent could not be taken.
        tries: HTML that says which attempt this is.
        difference: HTML of what changed against the attempt before.
        again: HTML of the button that asks the question anew.
        better: HTML of the answer said better, or of what offers it; shown under the advice of a whole grade.
        settled: an earlier attempt's, on which nobody gives another view any more.
        deliveries: how each answer sounded; None for those that were typed.
        missed: how often this grader misses red flags, shown beside those it didn't find.

    Returns:
        HTML in which nothing of the candidate's, the model's or the documents' is markup.
    """
    view = _View(grade, document, answers, prefix, progress, disputes, refusal, settled, deliveries, missed)
    parts = [_head(view, tries, again), difference]
    # A grade without any verdict has no criteria to show: its state says all there is to say.
    if grade.status != "unscored" or view.running:
        parts += [
            _advice(view, library),
            "" if view.running else better,
            _answers(view),
            _flags(view),
            _points(view),
            _motivations(view),
            _star(view),
        ]
    else:
        parts.append(_answers(view))
    parts.append(_made_by(view))
    title = escape(_("Rubric"))
    return (
        f'<article class="rubric" id="{prefix}" aria-label="{title}">{lighting_rules(view.evidence, prefix)}'
        f"{''.join(parts)}</article>"
    )


def _head(view: _View, tries: str, again: str) -> str:
    grade = view.grade
    heard = count_of("Rubric for your answer to", "Rubric for your {number} answers to", len(view.answers))
    asked = f'{tries}<p class="eyebrow">{escape(heard)}</p><h3 class="asked">{escape(view.document.question)}</h3>'
    if view.progress is not None:
        done, whole = view.progress
        says = _("{done} of {whole} criteria judged").format(done=done, whole=whole)
        label = escape(_("Criteria judged"))
        bar = (
            f'<div class="progress"><progress max="{whole}" value="{done}" aria-label="{label}"></progress>'
            f"<span>{escape(says)}</span></div>"
        )
        return f'<header class="head">{asked}{bar}</header>'
    heading, sentence = say_status(grade)
    state = ""
    if heading:
        tone = "stopped" if grade.status == "unscored" else "partly"
        # Advice for a state is never a low number: no band, no coverage, no empty meter beside it.
        state = f'<div class="state {tone}"><strong>{escape(heading)}</strong><p>{escape(sentence)}</p></div>'
    if aside := say_set_aside(grade):
        state += f'<div class="state partly"><strong>{escape(_("Set aside"))}</strong><p>{escape(aside)}</p></div>'
    differs = say_count([one for one in view.disputes if one.question_id == view.document.id])
    return f'<header class="head">{asked}{_band(grade)}{state}{_how(grade, view.prefix)}{differs}{again}</header>'


def _band(grade: Grade) -> str:
    if grade.band is None:
        return ""
    pips = "".join(f'<i class="pip{" on" if step <= grade.band else ""}"></i>' for step in range(1, 6))
    return (
        f'<div class="band band-{grade.band}"><span class="number">{grade.band}</span>'
        f'<span class="scale"><b>{escape(say_band(grade.band).capitalize())}</b> '
        f'<span class="of">{escape(_("band {band} of 5").format(band=grade.band))}</span>'
        f'<span class="pips" aria-hidden="true">{pips}</span></span></div>'
    )


def _how(grade: Grade, prefix: str) -> str:
    if grade.status == "unscored":
        return ""
    steps = "".join(f"<li>{escape(line)}</li>" for line in explain_band(grade))
    return (
        f'<p class="summary">{escape(summarise(grade))}</p>'
        f'<details class="how" id="{prefix}-how"><summary>{escape(_("How the band came about"))}</summary>'
        f"<ol>{steps}</ol></details>"
    )


def _advice(view: _View, library: Library) -> str:
    if view.running or not view.grade.advice:
        return ""
    items = "".join(
        f"<li><p>{escape(say_reason(advice.text))}</p>"
        f"{show_reading(advice, library, f'{view.prefix}-reading-{number}')}</li>"
        for number, advice in enumerate(view.grade.advice, start=1)
    )
    two = len(view.grade.advice) == 2
    title = escape(_("Two things to do better") if two else _("What to do better"))
    return f'<section class="better"><h4>{title}</h4><ol>{items}</ol></section>'


def show_reading(advice: Advice, library: Library, identity: str, *, unfolded: bool = False) -> str:
    """The worked example or guide step that fits, folded up unless told otherwise; empty where none does.

    Args:
        advice: which names it.
        library: where it is.
        identity: its element's id.
        unfolded: shown open.
    """
    opened = " open" if unfolded else ""
    if example := library.examples.get(advice.link):
        story = "".join(
            f"<dt>{escape(name)}</dt><dd>{escape(text)}</dd>"
            for name, text in (
                (_("Situation"), example.situation),
                (_("Action"), example.action),
                (_("Result"), example.result),
            )
        )
        learnt = "".join(f"<li>{escape(text)}</li>" for text in example.takeaways)
        return (
            f'<details class="reading" id="{identity}"{opened}><summary>'
            f"{escape(_('Worked example: {title}').format(title=example.title))}</summary>"
            f'<dl>{story}</dl><p class="label">{escape(_("What to take from it"))}</p><ul>{learnt}</ul></details>'
        )
    guide = library.guides.get(advice.link)
    if guide and advice.step and 1 <= advice.step <= len(guide.steps):
        step = guide.steps[advice.step - 1]
        title = _("Guide, step {step} of {steps}: {name}").format(
            step=advice.step, steps=len(guide.steps), name=step.name
        )
        source = _("From “{title}”").format(title=guide.title)
        return (
            f'<details class="reading" id="{identity}"{opened}><summary>{escape(title)}</summary>'
            f'<p>{escape(step.text)}</p><p class="label">{escape(source)}</p></details>'
        )
    return ""


def _answers(view: _View) -> str:
    title = _("Your answers and the evidence") if len(view.answers) > 1 else _("Your answer and the evidence")
    hint = escape(_("A number marks the words a verdict rests on. Choose one to go to its verdict."))
    hint = f'<p class="hint">{hint}</p>'
    return (
        f'<section class="answers"><h4>{escape(title)}</h4>'
        f"{hint if view.evidence else ''}{show_answers(view.answers, view.evidence, view.prefix)}"
        f"{show_deliveries(view.deliveries, view.prefix)}</section>"
    )


def _row(
    view: _View, kind: Kind, criterion: str, name: str, verdict: str, *, quotes: Sequence[Quote], reason: str,
    probability: float | None = None, word: str = "", extra: str = "",
) -> str:  # fmt: skip
    """One criterion: sign, name, verdict in a word, number, words, reason."""
    waiting = view.running and verdict in ("unscored", "unsure")
    shown = "pending" if waiting else verdict
    said = _("Not judged yet") if waiting else word or say_verdict(verdict)
    sure = ""
    if probability is not None and not waiting and shown != "unsure":  # the reason says it of what is unsure
        sure = f'<span class="sure">{escape(_("{share} sure").format(share=f"{probability:.0%}"))}</span>'
    why = f'<p class="reason">{escape(say_reason(reason))}</p>' if reason and not waiting else ""
    other = view.opinions.get((kind, criterion), "")
    second = f'<p class="reason second">{escape(other)}</p>' if other else ""
    return (
        f'<li class="criterion is-{shown}" {view.lights(kind, criterion)}>{icon(shown)}'
        f'<div class="what"><p class="name"><b>{escape(name)}</b> <span class="verdict">{escape(said)}</span>{sure}'
        f"{view.badge(kind, criterion)}</p>{extra}{view.quotes(quotes)}{why}{second}"
        f"{view.differ(kind, criterion, name)}"
        "</div></li>"
    )


def _points(view: _View) -> str:
    rows = "".join(
        _point(view, point, view.grade.key_points[point.id])
        for point in view.document.key_points
        if point.id in view.grade.key_points
    )
    return f'<section><h4>{escape(_("Key points"))}</h4><ul class="criteria">{rows}</ul></section>'


def _point(view: _View, point: KeyPoint, judged: KeyPointVerdict) -> str:
    return _row(
        view, "key_point", point.id, point.name, judged.verdict,
        quotes=judged.quotes, reason=_beyond(judged.reason, point.covered if judged.quotes else ""),
        probability=judged.probability,
    )  # fmt: skip


def _beyond(reason: str, shown: str) -> str:
    """The reason, unless it only repeats what stands above it anyway."""
    return "" if shown and reason.endswith(shown) else reason


def _motivations(view: _View) -> str:
    rows = "".join(
        _motivation(view, motivation, view.grade.motivations[motivation.id])
        for motivation in view.document.motivations
        if motivation.id in view.grade.motivations
    )
    return (
        f"<section><h4>{escape(_('What the interviewer wanted to find out'))}</h4>"
        f'<ul class="criteria motivations">{rows}</ul></section>'
    )


def _motivation(view: _View, motivation: Motivation, found: MotivationVerdict) -> str:
    if found.level is None:
        verdict = "unsure" if said_unsure(found) else "unscored"
        return _row(
            view, "motivation", motivation.id, motivation.name, verdict,
            quotes=found.quotes, reason=found.reason, probability=found.probability,
        )  # fmt: skip
    anchors = "".join(
        f"<li{' class=here aria-current=true' if level == found.level else ''}><b>{level}</b> {escape(text)}</li>"
        for level, text in enumerate(motivation.levels)
    )
    ladder = (
        f'<details class="ladder" id="{view.prefix}-levels-{escape(motivation.id)}"><summary>'
        f"{escape(motivation.levels[found.level])}</summary><ol>{anchors}</ol></details>"
    )
    pips = "".join(f'<i class="pip{" on" if step <= found.level else ""}"></i>' for step in range(1, 4))
    sign = sign_of(str(found.level))
    return _row(
        view, "motivation", motivation.id, motivation.name, sign,
        quotes=found.quotes, reason=_beyond(found.reason, motivation.levels[found.level]),
        probability=found.probability,
        word=say_verdict(str(found.level)), extra=f'<span class="pips" aria-hidden="true">{pips}</span>{ladder}',
    )  # fmt: skip


def _flags(view: _View) -> str:
    flags = [
        (flag, view.grade.red_flags[flag.id]) for flag in view.document.red_flags if flag.id in view.grade.red_flags
    ]
    order = {"present": 0, "unsure": 1, "unscored": 2, "absent": 3}
    shown = sorted(flags, key=lambda pair: 0 if view.running else order[pair[1].verdict])
    quiet = [
        flag
        for flag, judged in shown
        if judged.verdict == "absent"
        and not view.running
        and not view.disputed("red_flag", flag.id)
        and ("red_flag", flag.id) not in view.opinions
    ]
    loud = [pair for pair in shown if pair[0] not in quiet]
    rows = "".join(
        _row(
            view, "red_flag", flag.id, flag.name, judged.verdict,
            quotes=judged.quotes, reason=judged.reason, probability=judged.probability,
        )
        for flag, judged in loud
    )  # fmt: skip
    title = escape(_("Red flags"))
    return f'<section><h4>{title}</h4><ul class="criteria flags">{rows}{_absent(view, quiet)}</ul></section>'


def _absent(view: _View, flags: Sequence[RedFlag]) -> str:
    if not flags:
        return ""
    names = ", ".join(escape(flag.name) for flag in flags)
    offer = offer_absent(flags, question_id=view.document.id, prefix=view.prefix, refusal=view.refusal)
    offer = "" if view.settled else offer
    missed = f'<p class="sure">{escape(view.missed)}</p>' if view.missed else ""
    return (
        f'<li class="criterion is-absent">{icon("absent")}<div class="what"><p class="name"><span class="verdict">'
        f"{escape(say_verdict('absent'))}</span> {names}</p>"
        f"{missed}{offer}</div></li>"
    )


def _star(view: _View) -> str:
    tiles = "".join(_part(view, part) for part in STAR_PARTS)
    return f'<section><h4>{escape(_("The story: STAR"))}</h4><ul class="star">{tiles}</ul></section>'


def _part(view: _View, part: StarPart) -> str:
    told = {True: "told", False: "left_out", None: "pending" if view.running else "unsure"}[view.grade.star.get(part)]
    word = escape(_("Not judged yet") if told == "pending" else say_verdict(told))
    return (
        f'<li class="part is-{told}" {view.lights("star", part)}>{icon(told)}<span><b>{escape(say_part(part))}</b> '
        f'<span class="verdict">{word}</span></span>{view.badge("star", part)}'
        f"{view.differ('star', part, say_part(part))}</li>"
    )


def _made_by(view: _View) -> str:
    grade = view.grade
    rows = "".join(
        f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>"
        for name, value in (
            (_("Grader"), f"{grade.model} ({grade.decider})" if grade.model else grade.decider),
            (_("Prompts"), grade.prompt_hash),
            (_("Rubric"), grade.rubric_hash),
        )
    )
    return (
        f'<footer class="made-by"><details id="{view.prefix}-made-by"><summary>'
        f"{escape(_('Graded by {who}').format(who=say_making(grade)))}"
        f"</summary><dl>{rows}</dl></details></footer>"
    )
