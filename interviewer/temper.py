"""Says in words how a role-play went: how it ended, what moved the temper, by which rules; never moves it itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from .phrases import _, later
from .roleplay import LISTENS, Move, rules_of
from .schema import Interview, RolePlay, Rule

__all__ = [
    "GRADED",
    "group_rules",
    "say_who_words",
    "tell_ending",
    "tell_move",
    "tell_open",
    "tell_unknown",
]

_ENDED = {
    "settled": later("It was settled: {person} had heard what there was to hear."),
    "left": later("{person} left: the temper had reached the last level."),
    "turns": later("It ended after {turns} lines, with something still open."),
    "": later("You ended it, with something still open."),
}
GRADED = later(
    "The rubric is the question's own. What it asks for beyond such a talk (a report, a lesson, the story told as "
    "STAR) cannot show in one, and reads as missing."
)
_QUOTED = 90
"""Characters of a line that is repeated."""


def say_who_words(interview: Interview, play: RolePlay) -> str:
    """Whether the person's lines are the script's or a model's, and what they react to."""
    said_by = [turn.said_by for turn in interview.turns if turn.act == "follow_up" and turn.said_by != "document"]
    scripted = _("Scripted: {person} reacts to cue words in what you write.")
    if said_by:
        scripted = _("The model {model} words the lines. {person} reacts to cue words in what you write.")
    return scripted.format(person=play.person, model="".join(said_by[-1:]))


def tell_ending(play: RolePlay, made: Sequence[Move]) -> str:
    """How it ended, after at least one line."""
    return _(_ENDED[made[-1].after.ending or ""]).format(person=play.person, turns=len(made))


def tell_move(play: RolePlay, move: Move) -> str:
    """After which words the temper moved from where to where, because of what."""
    before, after = move.before.temper, move.after.temper
    rules = [rule for id, rule in rules_of(play).items() if id in move.rules]
    if after > before:
        rules = [rule for rule in rules if rule.change > 0]
    elif after < before:
        rules = [rule for rule in rules if rule.id in move.after.eased]
    because = "; ".join(_(rule.because) for rule in rules)
    names = f"{play.levels[before].name} → {play.levels[after].name}"
    if before == after:
        moved = _("{name}, as before").format(name=play.levels[after].name)
        says = because and _("noticed: {because}").format(because=because)
    else:
        moved = f"{before} → {after} ({names})"
        says = because and _("because {because}").format(because=because)
    settled = [topic.name for topic in play.topics if topic.id in set(move.after.settled) - set(move.before.settled)]
    done = _("Settled: {topic}.").format(topic=settled[0]) if settled else ""
    line = _("After “{words}”: {moved}{why}.").format(
        words=_cut(move.said), moved=moved, why=f", {says}" if says else ""
    )
    return f"{line} {done}".strip()


def _cut(words: str) -> str:
    words = " ".join(words.split())
    return words if len(words) <= _QUOTED else f"{words[:_QUOTED].rsplit(' ', 1)[0]} …"


def tell_open(play: RolePlay, made: Sequence[Move]) -> str:
    """What was never settled, after at least one line; empty when all was."""
    unsaid = [topic.name for topic in play.topics if topic.id not in made[-1].after.settled]
    if not unsaid:
        return ""
    deaf = _("Above “{level}” nothing can be settled.").format(level=play.levels[LISTENS].name)
    return f"{_('Still open: {topics}.').format(topics=', '.join(unsaid))} {deaf}"


def group_rules(play: RolePlay) -> Iterator[tuple[str, list[Rule]]]:
    """All that moves the person, under what it does."""
    rules = [*rules_of(play).values()]
    for title, found in (
        (_("Calms, one step a line"), [rule for rule in rules if rule.change < 0]),
        (_("Settles only"), [rule for rule in rules if rule.change == 0]),
        (_("Upsets"), [rule for rule in rules if rule.change > 0]),
    ):
        if found:
            yield title, found


def tell_unknown(play: RolePlay) -> str:
    """What the candidate could have told them."""
    return _("What {person} did not know: {unknown}").format(person=play.person, unknown=play.unknown)
