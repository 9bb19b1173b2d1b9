"""What an evaluation is made of: cases, what came of them, figures; frozen, without behaviour."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from ..labelling import Labels
from ..schema import Calibration, DeciderName, Grade, Record

__all__ = ["Case", "Confusion", "Curve", "Figure", "Gate", "Outcome", "Part", "RunFacts", "Summary", "Tradeoff"]

Part = Literal["train", "dev", "test", "unseen", ""]
"""`unseen`: all answers to a question that nothing was trained or chosen on; empty where a set has no parts."""


class Case(Record):
    """One thing to grade: the answers to one question, with what is known of them."""

    id: str
    """Unique in its set."""
    question_id: str
    asked: tuple[str, ...]
    """What each answer replies to."""
    answers: tuple[str, ...]
    part: Part = ""
    tags: tuple[str, ...] = ()
    raters: tuple[Labels, ...] = ()
    """What each rater said, none having seen another's; the first is the first rater of `evals/answers/`."""
    reference: Labels | None = None
    """What grades are held against: what the raters agree on and, where they differ, what the adjudicator decided."""
    base: str = ""
    """Id of the case that this one was made from by changing words; empty for an answer as it was given."""
    family: str = ""
    """How it was made: an attack family, or what was done to the words."""
    about: str = ""
    """The criterion it is about, e.g. `key_point.calm`; empty when it is about all of them."""


class Outcome(Record):
    """What a grader made of one case."""

    case: str
    """Its id."""
    repeat: int = 0
    """How often the same case was graded before it in this run."""
    grade: Grade
    probabilities: dict[str, dict[str, float]] = Field(default_factory=dict)
    """By name of the verdict question, by value: as decided, before any threshold; empty where they were stated."""
    cited: int = 0
    """Quotes that a chat model gave for its verdicts, as it wrote them."""
    cited_found: int = 0
    """How many of these stand in the answer letter by letter, once white space and quotation marks are made alike."""


class RunFacts(Record):
    """What was run, with what, and when: the first line of a file of outcomes."""

    version: Literal[1] = 1
    sets: tuple[str, ...]
    decider: DeciderName
    model: str
    samples: int = 1
    """How many times the chat model was asked about each answer in each repeat."""
    made: str
    """Day, YYYY-MM-DD."""
    source: Literal["local", "replayed", "recorded", "live"]
    """`local`: the model is in the package; `replayed`: from recordings; the others asked a model that day."""
    recorded: str = ""
    """The day or days of the recordings replayed."""
    prompt_hash: str
    calibration: Calibration = Calibration()
    cases: int = 0
    blessed: str = ""
    """Day, YYYY-MM-DD, on which it became what later runs are held against; empty for a run that is no baseline."""
    why: str = ""
    """Why it did."""


class Figure(Record):
    """One measured number."""

    key: str
    """e.g. `key_point_macro_f1`; the numbers of `evals/README.md` say how each is defined."""
    name: str
    value: float | None
    """None: there was nothing to measure."""
    low: float | None = None
    """Ends of the 95 % interval: bootstrap over questions, then answers."""
    high: float | None = None
    n: int = Field(default=0, ge=0)
    """How many things it is over: verdicts, answers or quotes, as its name says."""
    slice: str = ""
    """Empty for all; else `question:…`, `criterion:…`, `kind:…`, `tag:…` or, of changed answers, `family:…`."""


class Confusion(Record):
    """How often each value was said where each is true, for one kind of criterion."""

    kind: Literal["key_point", "motivation", "red_flag", "star", "band"]
    values: tuple[str, ...]
    """Ascending: the rows, and all columns but the last, which counts abstentions (unsure and unscored)."""
    counts: tuple[tuple[int, ...], ...]


class Curve(Record):
    """A reliability curve of one kind of criterion, in equal-mass bins from the least sure."""

    kind: Literal["key_point", "motivation", "red_flag", "star"]
    n: tuple[int, ...]
    """Verdicts in each bin."""
    confidence: tuple[float, ...]
    """Mean probability of the likeliest value."""
    right: tuple[float, ...]
    """Share in which the likeliest value is the reference's."""


class Tradeoff(Record):
    """Agreement of one kind of criterion if only its surest verdicts were given."""

    kind: Literal["key_point", "motivation", "red_flag", "star"]
    given: tuple[float, ...]
    """Share of the labelled verdicts given, ascending."""
    agreement: tuple[float, ...]
    """Share of these that are the reference's."""


class Gate(Record):
    """One floor that a run has to reach, and whether it did."""

    key: str
    name: str
    failure: str = ""
    """What falls short, in a sentence; empty when it is reached."""


class Summary(Record):
    """Everything measured of a run: what reports are written from, and what `evals/results/` holds."""

    version: Literal[1] = 1
    facts: RunFacts
    labelled_by: tuple[str, ...] = ()
    """Everybody whose labels are in the reference; names that begin with `model-` are language models."""
    answers: int = 0
    """Cases with a reference that were graded."""
    questions: int = 0
    figures: tuple[Figure, ...] = ()
    confusions: tuple[Confusion, ...] = ()
    curves: tuple[Curve, ...] = ()
    tradeoffs: tuple[Tradeoff, ...] = ()
