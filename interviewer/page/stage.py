"""Role-plays as HTML: cards to choose from, who one talks to, how the temper went; escapes everybody's words."""

from __future__ import annotations

from collections.abc import Sequence

from ..acting import moves, over, roleplay_step
from ..phrases import _, count_of
from ..roleplay import LEAVES, Move
from ..schema import Interview, Library, RolePlay
from ..temper import GRADED, group_rules, say_who_words, tell_ending, tell_move, tell_open, tell_unknown
from .marks import escape

__all__ = ["show_course", "show_plays", "show_role"]

_HIGH, _STEP, _LEFT, _TOP = 26, 44, 92, 14
"""Of the chart, in its own units: a level, a line, the names' margin, the air above."""


def show_plays(library: Library) -> str:
    """The role-plays to choose one from, each with its own button."""
    if not library.role_plays:
        says = _("A role-play is a document in roleplays/.")
        return f'<div class="empty"><h3>{escape(_("No role-plays yet"))}</h3><p>{escape(says)}</p></div>'
    intro = _(
        "Somebody difficult stands before you, and you say what you would say. How they feel follows from how you "
        "treat them: cue words in what you write decide it, by rules that you can read afterwards. At the end the "
        "whole talk is graded like an answer."
    )
    plays = sorted(library.role_plays.values(), key=lambda play: play.title)
    cards = "".join(f"<li>{_card(play, library)}</li>" for play in plays)
    label = escape(_("Role-plays"))
    return f'<p class="lead plays-lead">{escape(intro)}</p><ul class="cards plays" aria-label="{label}">{cards}</ul>'


def _card(play: RolePlay, library: Library) -> str:
    minutes = count_of("about {number} minute", "about {number} minutes", play.minutes)
    document, example = library.questions[play.question], library.examples[play.example]
    who = f"<b>{escape(play.person)}</b>, {escape(play.who)}"
    start = _("Start: {title}").format(title=play.title)
    return (
        f'<div class="play"><span class="eyebrow">{escape(document.role)} · {minutes}</span>'
        f'<h3 class="asked">{escape(play.title)}</h3>'
        f'<p class="about">{_("You talk to {who}.").format(who=who)}</p>'
        f"<dl><div><dt>{escape(_('Made from'))}</dt><dd>{escape(example.title)}</dd></div>"
        f"<div><dt>{escape(_('Graded by'))}</dt><dd>{escape(document.question)}</dd></div></dl>"
        f'<button type="button" class="plain start" data-play="{escape(play.id)}" aria-label="{escape(start)}">'
        f"{escape(_('Start'))}</button></div>"
    )


def show_role(interview: Interview, play: RolePlay) -> str:
    """What stands above the talk: who it is with, what the candidate knows, and on request how the person looks."""
    who = f"<b>{escape(play.person)}</b>, {escape(play.who)}"
    scripted = escape(say_who_words(interview, play))
    scene = f"<details><summary>{escape(_('The scene'))}</summary><p>{escape(play.scene)}</p></details>"
    mode = f'<span class="mode">{escape(_("Role-play"))}</span>'
    return (
        f'<div class="now"><p class="eyebrow">{mode} {escape(play.title)}</p>'
        f'<h2 class="asked">{_("You are talking to {who}").format(who=who)}</h2><p class="eyebrow">{scripted}</p>'
        f'<div class="look">{scene}{_look(interview, play)}</div></div>'
    )


def _look(interview: Interview, play: RolePlay) -> str:
    """A word for how the person is, folded up: whoever wants to read it off their words need not see it."""
    if over(interview):
        return ""
    level = play.levels[roleplay_step(interview).temper]
    asks = _("How does {person} look?").format(person=escape(play.person))
    return f"<details><summary>{asks}</summary><p><b>{escape(level.name)}.</b> {escape(level.manner)}</p></details>"


# ── afterwards ───────────────────────────────────────────────────────────────────────────────────────


def show_course(interview: Interview) -> str:
    """How the temper went, line by line, as a chart and as a list; empty before the end, or if nothing was said."""
    play = interview.role_play
    if play is None or not over(interview) or not (made := moves(interview)):
        return ""
    items = "".join(f"<li>{escape(tell_move(play, move))}</li>" for move in made)
    title = escape(_("How the temper went"))
    return (
        f'<section class="course" aria-label="{title}"><h3>{title}</h3>'
        f"<p>{escape(tell_ending(play, made))}</p><figure>{_chart(play, made)}</figure><ol>{items}</ol>"
        f'<p class="hint">{escape(tell_open(play, made))}</p>'
        f"{_rules(play)}"
        f'<p class="hint">{escape(_(GRADED))}</p></section>'
    )


def _rules(play: RolePlay) -> str:
    """All that moves the person, to be read afterwards."""
    lists = "".join(
        f"<dt>{escape(title)}</dt>"
        + "".join(f"<dd><b>{escape(_(rule.name))}.</b> {escape(_(rule.description))}</dd>" for rule in rules)
        for title, rules in group_rules(play)
    )
    return (
        f'<details class="how" id="course-rules"><summary>{escape(_("The rules it went by"))}</summary><dl>{lists}</dl>'
        f"<p>{escape(tell_unknown(play))}</p></details>"
    )


def _chart(play: RolePlay, made: Sequence[Move]) -> str:
    """The level before the first line and after each, as steps; readers aloud have the list."""
    levels = [made[0].before.temper, *(move.after.temper for move in made)]
    width, bottom = _LEFT + _STEP * len(levels), _TOP + _HIGH * LEAVES

    def height(level: int) -> int:
        return bottom - _HIGH * level

    rows = "".join(
        f'<line x1="{_LEFT}" x2="{width}" y1="{height(number)}" y2="{height(number)}"/>'
        f'<text x="{_LEFT - 8}" y="{height(number) + 4}" text-anchor="end">{number} {escape(level.name)}</text>'
        for number, level in enumerate(play.levels)
    )
    path = f"M{_LEFT} {height(levels[0])}" + "".join(
        f"V{height(level)}H{_LEFT + _STEP * (place + 1)}" for place, level in enumerate(levels)
    )
    numbers = "".join(
        f'<text x="{_LEFT + _STEP * (place + 0.5)}" y="{bottom + 20}" text-anchor="middle">'
        f"{place or escape(_('start'))}</text>"
        for place in range(len(levels))
    )
    return (
        f'<svg class="steps" viewBox="0 0 {width} {bottom + 28}" style="max-width:{1.4 * width:.0f}px" '
        f'aria-hidden="true" focusable="false">{rows}<path d="{path}"/>{numbers}</svg>'
    )
