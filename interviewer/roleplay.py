"""Moves the person in a role-play by the rules of its document; words nothing, asks no model, keeps nothing.

A line of the candidate's is judged by cue words (`judge`), which moves temper and topics (`react`), and the state says
what the script has for it (`choose_line`). All three are pure, so a talk always has the same course (`course`).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Sequence
from functools import lru_cache

from .phrases import later
from .schema import Ending, Record, RolePlay, Rule, Topic

__all__ = [
    "INSULT",
    "LEAVES",
    "LISTENS",
    "MOST_GAPS",
    "SHOUT",
    "Move",
    "State",
    "choose_line",
    "course",
    "judge",
    "open_topic",
    "react",
    "rules_of",
    "start",
    "state_after",
    "too_many_gaps",
    "unusable_cue",
]

LEAVES = 4
"""The level at which the person is gone."""
LISTENS = 2
"""Above this level nothing is settled: they don't listen."""
MOST_UP = 2
"""Steps that one line can upset them by; one line calms by one step at most."""
MOST_GAPS = 3
"""Of a cue, each up to five words: every further one would make the search in a long text several times as slow."""
LEAST_SHOUTED = 4
"""Words in capitals that count as shouting."""

INSULT = Rule(
    id="insult",
    name=later("Insulting"),
    description=later("Insults the person or swears at them; in every role-play."),
    because=later("you insulted or swore"),
    change=2,
    cues=(
        "idiot*", "moron*", "imbecile*", "liar", "you're lying", "you are lying", "shut up", "shut your", "get lost",
        "you're stupid", "you are stupid", "are you stupid", "don't be stupid", "stupid man", "stupid woman",
        "you're crazy", "you are crazy", "you're pathetic", "you are pathetic", "piss off", "fuck*", "jerk",
        "shit", "bastard*", "bitch*", "asshole*", "arsehole*", "bullshit", "go to hell", "screw you", "damn you",
    ),
)  # fmt: skip
SHOUT = Rule(
    id="shout",
    name=later("Shouting"),
    description=later("Writes in capitals; in every role-play."),
    because=later("you shouted"),
    change=1,
    cues=(),
)


class State(Record):
    """Where a role-play stands; what follows depends on nothing else."""

    temper: int
    """A level, 0 to `LEAVES`."""
    settled: tuple[str, ...] = ()
    """Ids of topics, in the order they were settled."""
    turns: int = 0
    """Lines of the candidate's so far."""
    eased: tuple[str, ...] = ()
    """Rules by which the last line calmed: the same ones don't calm twice running."""
    ending: Ending | None = None


class Move(Record):
    """What one line of the candidate's did."""

    said: str
    rules: tuple[str, ...]
    """Ids of the rules it met, in the document's order."""
    before: State
    after: State


def start(play: RolePlay) -> State:
    """Before the candidate has said anything."""
    return State(temper=play.temper)


def rules_of(play: RolePlay) -> dict[str, Rule]:
    """Every rule by id: the document's, then the two that hold everywhere."""
    return {rule.id: rule for rule in (*play.rules, INSULT, SHOUT)}


def judge(play: RolePlay, line: str) -> tuple[str, ...]:
    """Ids of the rules that a line meets, by its words alone.

    A cue is words as they stand in one sentence; `*` ends a word in any way, `…` is up to five words. Case, commas and
    dashes don't count. A `not`, `never` or `can't` in the three words before a cue takes it away, as does a `no` right
    before it; insults stay insults. Code knows no meaning: what is said in other words is missed, and irony is taken at
    its word.
    """
    text = _plain(line)
    met = [rule.id for rule in rules_of(play).values() if _meets(rule, text)]
    return (*met, SHOUT.id) if _shouted(line) else tuple(met)


def react(play: RolePlay, state: State, met: Collection[str]) -> State:
    """The state after a line that meets these rules; one that has ended stays as it is.

    Whatever upsets takes the place of all that calms or settles. Calming goes one step a line, and not by the same
    rules twice running. A line settles one topic at most, the first open one; none above the level `LISTENS`.
    """
    if state.ending:
        return state
    rules = [rule for id, rule in rules_of(play).items() if id in met]
    upset = sum(rule.change for rule in rules if rule.change > 0)
    calming = tuple(rule.id for rule in rules if rule.change < 0)
    eased = () if upset else tuple(id for id in calming if id not in state.eased)
    moved = min(upset, MOST_UP) if upset else -bool(eased)
    temper = max(0, min(LEAVES, state.temper + moved))
    settled = state.settled
    if not upset and temper <= LISTENS:
        heard = (topic.id for topic in _open(play, state) if set(topic.settled_by) & set(met))
        settled += tuple(heard)[:1]
    after = State(temper=temper, settled=settled, turns=state.turns + 1, eased=eased)
    return after.model_copy(update={"ending": _ending(play, after)})


def course(play: RolePlay, lines: Sequence[str]) -> tuple[Move, ...]:
    """What each line of the candidate's did, in order; nothing after the end."""
    moves: list[Move] = []
    state = start(play)
    for line in lines:
        if state.ending:
            break
        met = judge(play, line)
        after = react(play, state, met)
        moves.append(Move(said=line, rules=met, before=state, after=after))
        state = after
    return tuple(moves)


def state_after(play: RolePlay, lines: Sequence[str]) -> State:
    """Where it stands after these lines."""
    moves = course(play, lines)
    return moves[-1].after if moves else start(play)


def open_topic(play: RolePlay, state: State) -> Topic | None:
    """What they want to hear about now; None when all is settled."""
    return next(iter(_open(play, state)), None)


def choose_line(play: RolePlay, state: State, said: Collection[str]) -> str:
    """What the script has for a state: the first line they have not said yet, else one of them again."""
    topic = open_topic(play, state)
    if state.ending or topic is None:
        return play.endings[state.ending or "settled"]
    lines = topic.heated if state.temper > LISTENS else topic.tense if state.temper == LISTENS else topic.calm
    return next((line for line in lines if line not in said), lines[state.turns % len(lines)])


def unusable_cue(cue: str) -> bool:
    """Whether a cue would be met by anything: it has no word of two letters."""
    return not re.search(r"[^\W_]{2}", cue)


def too_many_gaps(cue: str) -> bool:
    """Whether a cue has more `…` than are looked for."""
    return len(re.findall(r"\.\.\.|…", cue)) > MOST_GAPS


def _open(play: RolePlay, state: State) -> list[Topic]:
    return [topic for topic in play.topics if topic.id not in state.settled]


def _ending(play: RolePlay, state: State) -> Ending | None:
    if state.temper == LEAVES:
        return "left"
    if not _open(play, state):
        return "settled"
    return "turns" if state.turns >= play.turns else None


# ── cue words ────────────────────────────────────────────────────────────────────────────────────────

_LOOKED_BACK = 300
"""Characters before a cue that are looked at for a `not`; else a long text that repeats itself would take minutes."""
_NO = re.compile(r"not|never|without|cannot|\w+n't")


def _plain(text: str) -> str:
    """Words with single spaces around them, in lower case; stops and commas stand alone."""
    folded = unicodedata.normalize("NFKC", text).replace("’", "'").casefold()
    folded = re.sub(r"[.!?;\n]+", " . ", folded)
    words = re.findall(r"[^\W_]+(?:'[^\W_]+)*|[.,]", folded)
    return f" {' '.join(words)} "


def _meets(rule: Rule, text: str) -> bool:
    """Whether any cue stands in the text and nothing before it takes it away."""
    return any(
        rule.id == INSULT.id or not _taken_away(text[max(0, found.start() - _LOOKED_BACK) : found.start()])
        for cue in rule.cues
        for found in _pattern(cue).finditer(text)
    )


def _taken_away(before: str) -> bool:
    words = before.rpartition(" . ")[2].split()
    near = [word for word in words if word != ","][-3:]
    return words[-1:] == ["no"] or any(_NO.fullmatch(word) for word in near)


@lru_cache(maxsize=4096)
def _pattern(cue: str) -> re.Pattern[str]:
    folded = cue.replace("’", "'").casefold()
    words = re.sub(r"\.\.\.|…", " … ", re.sub(r"[-–—]", " ", folded)).split()
    if words.count("…") > MOST_GAPS:
        return re.compile(r"(?!)")
    parts = [r"(?:[^ .]+ ){0,5}" if word == "…" else _word(word) + " (?:, )?" for word in words]
    return re.compile(r"(?<= )" + "".join(parts))


def _word(word: str) -> str:
    stem = "".join(re.findall(r"[^\W_]|['*]", word))
    return re.escape(stem.removesuffix("*")) + (r"[^ .]*" if stem.endswith("*") else "")


def _shouted(line: str) -> bool:
    words = re.findall(r"[^\W\d_]{2,}", line)
    return len(words) >= LEAST_SHOUTED and sum(word.isupper() for word in words) >= 0.7 * len(words)
