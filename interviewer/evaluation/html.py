"""Shows a run's figures and its worst disagreements as one HTML file that a person can read; never measures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ..schema import QuestionDocument
from .plots import Dot, Line, chart, dots, span_of
from .records import Case, Confusion, Curve, Figure, Outcome, Summary, Tradeoff
from .sheet import escape, facts_list, frame, legend, section, show_answers, show_side, table
from .sides import Disagreement, disagreements, name_of
from .summary import (
    BESIDE,
    HEADLINES,
    KIND_NAMES,
    VALUE_NAMES,
    say_figure,
    say_labellers,
    say_number,
    say_run,
    worst_criteria,
)

__all__ = ["show_report"]

MOST = 40
"""Disagreements shown."""
FEW = 15
"""Rows of slices shown before the others are folded away."""
Documents = Mapping[str, QuestionDocument]
Keyed = Mapping[tuple[str, str], Figure]

SLICE_FIGURES = (
    ("key_point_f1_partial", "F1 of partly"),
    ("red_flag_f1", "Red flags, F1"),
    ("motivation_qwk", "Motivations, QWK"),
    ("band_qwk", "Band, QWK"),
    ("coverage_bias", "Coverage bias"),
)


def show_report(
    summary: Summary,
    cases: Sequence[Case],
    outcomes: Sequence[Outcome],
    documents: Documents | None = None,
    *,
    most: int = MOST,
) -> str:
    """The whole page.

    Args:
        summary: Of this run.
        cases: Graded in it; their answers are shown as they are, escaped.
        outcomes: Of these cases.
        documents: Questions and names of criteria; without them ids stand for them.
        most: Disagreements shown.
    """
    keyed = {(figure.key, figure.slice): figure for figure in summary.figures}
    known = documents or {}
    parts = [
        section("headline", "Headline figures", _headline(keyed), note=_HEADLINE_NOTE),
        section("questions", "By question", _slices(keyed, "question:", known), note=_SLICE_NOTE),
        section("tags", "By kind of answer", _slices(keyed, "tag:", known), note=_TAG_NOTE),
        section("kinds", "By kind of criterion", _kinds(keyed)),
        section("confusions", "What was said, by what is true", _confusions(summary.confusions), note=_CONFUSION_NOTE),
        section("reliability", "How sure, how right", _curves(summary.curves), note=_CURVE_NOTE),
        section("tradeoff", "Coverage against agreement", _tradeoffs(summary.tradeoffs, keyed), note=_TRADEOFF_NOTE),
        section("criteria", "By criterion", _criteria(keyed, known), note=_CRITERION_NOTE),
        _worst(disagreements(cases, outcomes, known), known, most),
    ]
    return frame(_title(summary), _header(summary, [part for part in parts if part]) + "".join(parts))


_HEADLINE_NOTE = (
    "Each dot with its 95 % interval (bootstrap over questions, then answers). The second rater is held against the "
    "first; the commonest verdict and length alone are graders that read nothing."
)
_SLICE_NOTE = "Worst first, by macro-F1 of key points. Intervals are over the answers of a question."
_TAG_NOTE = "Worst first, by macro-F1 of key points. Short answers have at most 60 words; the others are long."
_CONFUSION_NOTE = (
    "Rows: the reference. Columns: the grader; the last counts what it left open. Colour: share of the row. "
    "Outlined: where both say the same."
)
_CURVE_NOTE = (
    "Ten bins of as many verdicts each, by the probability of the likeliest value, before any threshold. "
    "On the dashed line, 7 of 10 verdicts of probability 0.7 are right."
)
_TRADEOFF_NOTE = (
    "How right the surest verdicts are, if only these were given. The large dot is what the grader's thresholds give."
)
_CRITERION_NOTE = (
    "Worst first, by agreement, of the verdicts given; criteria with under five verdicts come last. "
    "Bias: mean of said − reference, as a share of the scale; "
    "to the right, the grader is too generous with points and levels, or sees flags that aren't there."
)


def _title(summary: Summary) -> str:
    return f"{summary.facts.decider} ({summary.facts.model}) on {', '.join(summary.facts.sets)}"


def _header(summary: Summary, parts: Sequence[str]) -> str:
    facts, least = summary.facts, summary.facts.calibration
    rows = (
        ("Graded by", f"{facts.decider}, model {facts.model}"),
        ("Verdicts", say_run(facts)),
        ("Answers", f"{summary.answers} to {summary.questions} questions ({', '.join(facts.sets)})"),
        ("Labelled by", say_labellers(summary.labelled_by)),
        (
            "Least probability",
            f"key points {least.key_point:g}, motivations {least.motivation:g}, red flags {least.red_flag_present:g}, "
            f"no red flag {least.red_flag_absent:g}, STAR {least.star:g}; below it a verdict is left open",
        ),
        ("Wording of the questions", facts.prompt_hash),
    )
    titles = [(part.split('"', 2)[1], part.split("<h2>", 1)[1].split("</h2>", 1)[0]) for part in parts]
    links = "".join(f'<li><a href="#{id}">{title}</a></li>' for id, title in titles)
    return (
        f'<header><p class="eyebrow">Agreement of a grader with labels</p><h1>{escape(_title(summary))}</h1>'
        f'{facts_list(rows)}<nav aria-label="Parts of this page"><ul>{links}</ul></nav></header>'
    )


# ── figures ──────────────────────────────────────────────────────────────────────────────────────────


def _dot(figure: Figure | None, style: str) -> Dot:
    return Dot(style, figure.value, figure.low, figure.high) if figure else Dot(style, None)


def _style(prefix: str) -> str:
    return prefix.rstrip(".") or "grader"


def _number(figure: Figure | None) -> str:
    """A number with its interval below it."""
    if figure is None or figure.value is None:
        return "—"
    ends = "" if figure.low is None else f"<small>{say_number(figure.low)} to {say_number(figure.high)}</small>"
    return f"{say_number(figure.value)}{ends}"


def _headline(keyed: Keyed) -> str:
    measured = [one for one in HEADLINES if _value(keyed.get((one.key, one.slice))) is not None]
    sources = [prefix for prefix in BESIDE if any((f"{prefix}{h.key}", h.slice) in keyed for h in measured)]
    found = {h: [_dot(keyed.get((f"{p}{h.key}", h.slice)), _style(p)) for p in sources] for h in measured}
    span = span_of([dot for row in found.values() for dot in row])
    rows = [
        (
            escape(h.name) + (" <small>less is better</small>" if h.less_is_better else ""),
            dots(found[h], span),
            *(_number(keyed.get((f"{prefix}{h.key}", h.slice))) for prefix in sources),
            str(keyed[h.key, h.slice].n),
        )
        for h in measured
    ]
    if not rows:
        return ""
    head = ("figure", f"{span[0]:g} to {span[1]:g}", *(BESIDE[prefix] for prefix in sources), "n")
    shown = table(head, rows, caption="Headline figures with their 95 % intervals; n: verdicts, answers or quotes")
    return legend((_style(prefix), BESIDE[prefix]) for prefix in sources) + shown


def _value(figure: Figure | None) -> float | None:
    return figure.value if figure else None


def _slices(keyed: Keyed, start: str, documents: Documents) -> str:
    key = "key_point_macro_f1"
    names = [figure.slice for figure in keyed.values() if figure.key == key and figure.slice.startswith(start)]
    # Of a single answer there is no interval, and no telling.
    names.sort(key=lambda name: (keyed[key, name].low is None, _value(keyed[key, name]) or 0, name))
    if not names:
        return ""
    pairs = {name: [_dot(keyed.get((f"{p}{key}", name)), _style(p)) for p in ("", "raters.")] for name in names}
    span = span_of([dot for pair in pairs.values() for dot in pair])
    rows = [
        (
            _slice_name(name.removeprefix(start), documents),
            dots(pairs[name], span),
            _number(keyed[key, name]),
            say_number(_value(keyed.get((f"raters.{key}", name)))),
            *(say_number(_value(keyed.get((other, name)))) for other, _ in SLICE_FIGURES),
            str(keyed[key, name].n),
        )
        for name in names
    ]
    head = (
        start.rstrip(":"),
        f"{span[0]:g} to {span[1]:g}",
        "Key points, macro-F1",
        "second rater",
        *(name for _, name in SLICE_FIGURES),
        "key points",
    )
    what = start.rstrip(":")
    return _folded(head, rows, f"Figures by {what}: the grader's dot above the second rater's", f"{what}s")


def _slice_name(name: str, documents: Documents) -> str:
    told = documents[name].question if name in documents else ""
    return f"{escape(name)}<br><small>{escape(told)}</small>" if told else escape(name)


def _kinds(keyed: Keyed) -> str:
    columns = (
        ("given", "given"),
        ("agreement", "same verdict, of those given"),
        ("raters.agreement", "the same, second rater"),
        ("agreement_all", "same verdict, open ones wrong"),
        ("calibration_error", "calibration error"),
    )
    rows = [
        (
            escape(name),
            *(_number(keyed.get((key, f"kind:{kind}"))) for key, _ in columns),
            str(keyed["given", f"kind:{kind}"].n),
        )
        for kind, name in KIND_NAMES.items()
        if keyed.get(("given", f"kind:{kind}")) and keyed["given", f"kind:{kind}"].n
    ]
    head = ("kind", *(name for _, name in columns), "labelled")
    return table(head, rows, caption="Shares by kind of criterion, with 95 % intervals") if rows else ""


def _criteria(keyed: Keyed, documents: Documents) -> str:
    rows = [_criterion_row(one, bias, documents) for one, bias in worst_criteria(keyed.values())]
    if not rows:
        return ""
    head = ("criterion", "kind", "agreement, 0 to 1", "agreement", "bias, −1 to 1", "bias", "verdicts")
    return _folded(head, rows, "Agreement and bias by criterion", "criteria")


def _folded(head: Sequence[str], rows: Sequence[Sequence[str]], caption: str, what: str) -> str:
    """A table of the first rows, the others folded away below it."""
    shown = table(head, rows[:FEW], caption=caption)
    if not rows[FEW:]:
        return shown
    told = f"{len(rows) - FEW} more {what}"
    return f"{shown}<details><summary>{told}</summary>{table(head, rows[FEW:], caption=told)}</details>"


def _criterion_row(agreement: Figure, bias: Figure | None, documents: Documents) -> tuple[str, ...]:
    question, _, criterion = agreement.slice.removeprefix("criterion:").partition("/")
    kind = KIND_NAMES[criterion.partition(".")[0]]
    return (
        f"{escape(name_of(criterion, documents.get(question)))}<br><small>{escape(question)}</small>",
        f'<td class="words">{kind}</td>',
        dots([_dot(agreement, "grader")], (0, 1)),
        _number(agreement),
        dots([_dot(bias, "raters")], (-1, 1)),
        _number(bias),
        str(agreement.n),
    )


# ── matrices and curves ──────────────────────────────────────────────────────────────────────────────


def _confusions(found: Sequence[Confusion]) -> str:
    return f'<div class="tiles matrices">{"".join(map(_confusion, found))}</div>' if found else ""


def _confusion(found: Confusion) -> str:
    names = [VALUE_NAMES.get(value, value) for value in found.values]
    rows = []
    for place, (name, counts) in enumerate(zip(names, found.counts, strict=True)):
        whole = sum(counts) or 1
        cells = (
            f'<td class="h{min(9, int(10 * n / whole))}{" true" if column == place else ""}">{n}'
            f"<small>{n / whole:.0%}</small></td>"
            for column, n in enumerate(counts)
        )
        rows.append((escape(name), *cells))
    title = KIND_NAMES[found.kind]
    return f"<figure>{table(('', *names, 'open'), rows, caption=title, style='heat')}</figure>"


def _curves(found: Sequence[Curve]) -> str:
    if not found:
        return ""
    tiles = "".join(_curve(curve) for curve in found)
    rows = [
        (KIND_NAMES[curve.kind], str(n), f"{sure:.2f}", f"{right:.2f}")
        for curve in found
        for n, sure, right in zip(curve.n, curve.confidence, curve.right, strict=True)
    ]
    numbers = table(("kind", "verdicts", "mean probability", "share right"), rows, caption="The same in numbers")
    return f'<div class="tiles">{tiles}</div><details><summary>The same in numbers</summary>{numbers}</details>'


def _curve(curve: Curve) -> str:
    name = KIND_NAMES[curve.kind]
    points = list(zip(curve.confidence, curve.right, strict=True))
    low = 0.4 if min(min(point) for point in points) >= 0.4 else 0.0
    line = Line("grader", points, [n / max(curve.n) for n in curve.n])
    title = f"{name}: share right by mean probability; the numbers are in the table below"
    drawn = chart(title, [line], across="mean probability", up="share right", start=(low, low), diagonal=True)
    return f"<figure>{drawn}<figcaption>{name}, {sum(curve.n)} verdicts</figcaption></figure>"


def _tradeoffs(found: Sequence[Tradeoff], keyed: Keyed) -> str:
    return f'<div class="tiles">{"".join(_tradeoff(one, keyed) for one in found)}</div>' if found else ""


def _tradeoff(found: Tradeoff, keyed: Keyed) -> str:
    name, part = KIND_NAMES[found.kind], f"kind:{found.kind}"
    points = list(zip(found.given, found.agreement, strict=True))
    given, agreement = (_value(keyed.get((key, part))) for key in ("given", "agreement"))
    lines = [Line("grader", points)]
    if given is not None and agreement is not None:
        lines.append(Line("raters", [(given, agreement)], [1.0]))
    low = 0.5 if min([*found.agreement, agreement or 1]) >= 0.5 else 0.0
    told = f"{name}: {say_figure(keyed.get(('agreement', part)))} of {say_number(given)} given"
    drawn = chart(told, lines, across="share given", up="agreement", start=(0, low), diagonal=False)
    return f"<figure>{drawn}<figcaption>{escape(told)}</figcaption></figure>"


# ── disagreements ────────────────────────────────────────────────────────────────────────────────────


def _worst(found: Sequence[Disagreement], documents: Documents, most: int) -> str:
    if not found:
        return ""
    note = (
        f"{len(found)} verdicts differ from the reference; here are the {min(most, len(found))} that are farthest from "
        "it, the surest first. In the answers, the grader's quotes have a coloured ground, and the reference's are "
        "underlined."
    )
    shown: Iterable[str] = (_disagreement(one, documents) for one in found[:most])
    return section("worst", "Worst disagreements", *shown, note=note)


def _disagreement(one: Disagreement, documents: Documents) -> str:
    question = one.case.asked[0] if one.case.asked else one.case.question_id
    kind = KIND_NAMES[one.criterion.partition(".")[0]]
    sides = show_side("Grader", one.said) + show_side("Reference", one.reference, "reference")
    return (
        f'<article class="case"><p class="eyebrow">{escape(one.case.id)} · {escape(question)}</p>'
        f"<h3>{escape(one.name)} <small>({kind.lower()})</small></h3>"
        f'<div class="sides">{sides}</div>'
        f"{show_answers(one.case.answers, one.said.quotes, one.reference.quotes)}</article>"
    )
