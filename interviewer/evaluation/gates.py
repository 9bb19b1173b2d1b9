"""Judges figures by the floors and margins written for them, and a run by an earlier one; never measures a grader.

A floor or margin whose figure is missing or has no value fails: nothing passes because nobody looked. The shape of
the file is told at its top, `evals/gates.yaml`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple, cast, get_args

from pydantic import Field

from ..errors import RecordingError
from ..markup import Page, UnreadableError, read_tree
from ..schema import Record
from .figures import changes
from .marks import ABSTAINED, VALUES, codes_of_grade, codes_of_labels, kind_of
from .records import Case, Figure, Outcome

__all__ = [
    "ChangedVerdict",
    "Comparison",
    "Floor",
    "GateResult",
    "Gates",
    "Margin",
    "changed_verdicts",
    "check_current",
    "compare",
    "judge",
    "read_gates",
]

Bound = Literal["least", "most", "low_least", "high_most"]
Way = Literal["drop", "rise"]
NOISE = 1e-9
"""Sums in another order differ by less."""


class Floor(Record):
    """What a figure must reach."""

    key: str
    slice: str = ""
    bound: Bound
    """`least` and `most` bound the figure, `low_least` and `high_most` that end of its 95 % interval."""
    value: float
    where: str
    """`FILE:LINE`."""


class Margin(Record):
    """How far a figure may get worse than it was in the baseline."""

    key: str
    slice: str = ""
    way: Way
    """What is worse: that the figure drops, or that it rises."""
    value: float
    where: str


class Gates(Record):
    """A file of floors and margins."""

    source: str
    floors: dict[str, dict[str, tuple[Floor, ...]]] = Field(default_factory=dict)
    """By decider, by set."""
    margins: tuple[Margin, ...] = ()

    def floors_for(self, decider: str, name: str) -> tuple[Floor, ...]:
        """Those of one decider on one set; none when none are written."""
        return self.floors.get(decider, {}).get(name, ())


class GateResult(Record):
    """Whether one floor or margin holds."""

    gate: str
    """e.g. `key_point_macro_f1 at least 0.55`."""
    passed: bool
    sentence: str
    """Which figure, what it is, what was wanted, and where that is written."""


class ChangedVerdict(Record):
    """One criterion that the two runs say different things of."""

    case: str
    question_id: str
    criterion: str
    reference: str
    before: str
    """A value of `VALUES`, or `unsure` for abstentions."""
    after: str
    worse: float
    """How much further from the reference, as a share of the scale; under 0 nearer.

    An abstention counts as half a scale away.
    """


class Comparison(NamedTuple):
    """A run beside its baseline."""

    results: tuple[GateResult, ...]
    changed: tuple[ChangedVerdict, ...]
    """Worst first."""


# ── the file ─────────────────────────────────────────────────────────────────────────────────────────


def read_gates(text: str, source: str) -> Gates:
    """Reads a file of gates.

    Raises:
        ContentError: it can't be read; the message opens with `FILE:LINE:`.
    """
    page = Page(source)
    try:
        tree = read_tree(text, page)
        gates = Gates(source=source, floors=_floors(tree, page), margins=tuple(_margins(tree, page)))
    except UnreadableError:
        gates = Gates(source=source)
    else:
        for key in tree.keys() - {"floors", "margins"}:
            page.wrong(page.line(key), f"`{key}` is not known: write `floors` or `margins`")
    if page.problems:
        raise page.problems[0]
    return gates


def _floors(tree: Mapping[str, Any], page: Page) -> dict[str, dict[str, tuple[Floor, ...]]]:
    found: dict[str, dict[str, tuple[Floor, ...]]] = {}
    for decider, sets in _mapping(tree, page, "floors").items():
        found[decider] = {}
        for name in _mapping(sets, page, "floors", decider, inner=True):
            where = ("floors", decider, name)
            rows = _bounds(sets[name], page, where, get_args(Bound))
            found[decider][name] = tuple(Floor(bound=cast(Bound, word), **told) for word, told in rows)
    return found


def _margins(tree: Mapping[str, Any], page: Page) -> Iterator[Margin]:
    for word, told in _bounds(tree.get("margins", {}), page, ("margins",), get_args(Way)):
        if told["value"] < 0:
            line = int(told["where"].rpartition(":")[2])
            page.wrong(line, f"`{word}` is how far it may get worse: write 0 or more")
        yield Margin(way=cast(Way, word), **told)


def _mapping(found: Any, page: Page, *where: str, inner: bool = False) -> Mapping[str, Any]:
    told = found if inner else found.get(where[-1], {})
    if isinstance(told, Mapping):
        return told
    page.wrong(page.line(*where), f"`{where[-1]}` needs `key: value` lines under it")
    return {}


def _bounds(
    found: Any, page: Page, where: tuple[str, ...], words: Sequence[str]
) -> Iterator[tuple[str, dict[str, Any]]]:
    """(word, key, slice, value, where) of each bound; a figure may have several."""
    for name, bounds in _mapping(found, page, *where, inner=True).items():
        line = page.line(*where, name)
        if not isinstance(bounds, Mapping) or not bounds:
            page.wrong(line, f"`{name}` needs a bound such as {{{words[0]}: 0.05}}")
            continue
        key, _, part = name.partition(" ")
        for word, text in bounds.items():
            value = _number(text)
            if word not in words:
                page.wrong(line, f"`{word}` is no bound: write {' or '.join(words)}")
            elif value is None:
                page.wrong(line, f"`{word}: {text}` is no number")
            else:
                yield word, {"key": key, "slice": part.strip(), "value": value, "where": f"{page.source}:{line}"}


def _number(text: Any) -> float | None:
    try:
        value = float(text)
    except (TypeError, ValueError):
        return None
    return value if abs(value) < float("inf") else None


# ── floors ───────────────────────────────────────────────────────────────────────────────────────────


def judge(figures: Iterable[Figure], floors: Iterable[Floor]) -> tuple[GateResult, ...]:
    """Whether each floor holds."""
    by_name = {(figure.key, figure.slice): figure for figure in figures}
    return tuple(_judge(by_name.get((floor.key, floor.slice)), floor) for floor in floors)


def _judge(figure: Figure | None, floor: Floor) -> GateResult:
    least = floor.bound in ("least", "low_least")
    wanted = f"{'at least' if least else 'at most'} {_say(floor.value)}"
    name = _named(floor.key, floor.slice)
    what = {"low_least": f"the low end of {name}", "high_most": f"the high end of {name}"}.get(floor.bound, name)
    ends = {"low_least": figure.low, "high_most": figure.high} if figure else {}
    value = ends.get(floor.bound, figure.value) if figure else None
    if figure is None:
        told = f"{name} is no figure of this run"
    elif value is None or value != value:
        told = f"{what} ({figure.name}) has no value, of {figure.n} to measure"
    else:
        told = f"{what} ({figure.name}) is {_say(value)}"
    passed = value is not None and (value >= floor.value - NOISE if least else value <= floor.value + NOISE)
    sentence = f"{told}{',' if passed else ', and'} {wanted} is wanted: {floor.where}"
    return GateResult(gate=f"{what} {wanted}", passed=passed, sentence=sentence)


# ── an earlier run ───────────────────────────────────────────────────────────────────────────────────


def check_current(
    cases: Sequence[Case], before: Iterable[Outcome], after: Iterable[Outcome], *, baseline: str, command: str
) -> None:
    """Makes sure that both runs are of these cases, with the same answers and documents.

    Args:
        cases: of the set.
        before: the baseline's outcomes.
        after: today's.
        baseline: what the former are called in messages.
        command: what makes the baseline anew.

    Raises:
        RecordingError: they are not.
    """
    old, new = ({one.case: one.grade for one in outcomes} for outcomes in (before, after))
    wrong = ""
    for case in cases:
        one, other = old.get(case.id), new.get(case.id)
        if one is None or other is None:
            wrong = f"{'it' if one is None else 'this run'} has no grade of {case.id!r}"
        elif one.rubric_hash != other.rubric_hash:
            wrong = f"the document of {case.question_id} has changed since"
        elif one.answer_hash != other.answer_hash:
            wrong = f"the answer {case.id!r} has changed since"
        if wrong:
            break
    else:
        gone = sorted(old.keys() - {case.id for case in cases})
        wrong = f"the set no longer has its answer {gone[0]!r}" if gone else ""
    if wrong:
        raise RecordingError(f"{baseline} is stale: {wrong}; look at the figures, then `{command}`.")


def compare(
    cases: Sequence[Case],
    before: Sequence[Outcome],
    after: Sequence[Outcome],
    margins: Iterable[Margin],
    *,
    draws: int = 400,
    seed: int = 0,
) -> Comparison:
    """A run held against an earlier one of the same cases.

    A figure fails when the whole 95 % interval of its change (paired bootstrap) lies on the worse side of 0, or the
    change itself is worse than its margin. What the earlier run had nothing to measure of is passed over.
    """
    found = {(figure.key, figure.slice): figure for figure in changes(cases, before, after, draws=draws, seed=seed)}
    asked = [(margin, found.get((f"change.{margin.key}", margin.slice))) for margin in margins]
    results = tuple(_hold(change, margin) for margin, change in asked if change is None or change.n)
    return Comparison(results, changed_verdicts(cases, before, after))


def _hold(change: Figure | None, margin: Margin) -> GateResult:
    name = _named(margin.key, margin.slice)
    allowed = f"a {margin.way} of at most {_say(margin.value)}"
    if change is None or change.value is None:
        told = "is no figure that runs are compared by" if change is None else "has no value in one of the runs"
        return GateResult(
            gate=f"{name}: {allowed}", passed=False, sentence=f"{name} {told}, and is to be compared: {margin.where}"
        )
    worse = -1 if margin.way == "drop" else 1
    ends = [] if change.low is None or change.high is None else [change.low, change.high]
    surely = bool(ends) and min(worse * end for end in ends) > NOISE
    beyond = worse * change.value > margin.value + NOISE
    interval = f" (95 % interval {_signed(ends[0])} to {_signed(ends[1])})" if ends else ""
    told = f"{name} changed by {_signed(change.value)}{interval} against the baseline"
    why = [f"the whole interval is {'below' if worse < 0 else 'above'} 0"] * surely + [f"{allowed} is allowed"] * beyond
    sentence = f"{told}{': ' if why else ''}{' and '.join(why)}: {margin.where}"
    return GateResult(gate=f"{name}: {allowed}", passed=not why, sentence=sentence)


def changed_verdicts(
    cases: Iterable[Case], before: Iterable[Outcome], after: Iterable[Outcome]
) -> tuple[ChangedVerdict, ...]:
    """Each labelled criterion of which the first runs of both say different things, worst first."""
    old, new = (
        {one.case: codes_of_grade(one.grade) for one in outcomes if not one.repeat} for outcomes in (before, after)
    )
    found = []
    for case in cases:
        truth = codes_of_labels(case.reference) if case.reference and case.id in old and case.id in new else {}
        for name, code in truth.items():
            one, other = old[case.id].get(name, ABSTAINED), new[case.id].get(name, ABSTAINED)
            if one != other:
                found.append(
                    ChangedVerdict(
                        case=case.id,
                        question_id=case.question_id,
                        criterion=name,
                        reference=_value(name, code),
                        before=_value(name, one),
                        after=_value(name, other),
                        worse=_distance(name, code, other) - _distance(name, code, one),
                    )
                )
    return tuple(sorted(found, key=lambda one: -one.worse))


def _distance(name: str, truth: int, said: int) -> float:
    return 0.5 if said == ABSTAINED else abs(said - truth) / (len(VALUES[kind_of(name)]) - 1)


def _value(name: str, code: int) -> str:
    return "unsure" if code == ABSTAINED else VALUES[kind_of(name)][code]


def _named(key: str, part: str) -> str:
    return f"{key} of {part}" if part else key


def _say(value: float) -> str:
    return f"{value:.4f}".rstrip("0").rstrip(".")


def _signed(value: float) -> str:
    return f"{value:+.3f}"
