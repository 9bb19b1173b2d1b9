"""The records everything else passes around: frozen, validated, without behaviour.

Read this first: documents, typed questions and decisions, grades, interviews, in that order.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Annotated, Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field

Kind = Literal["key_point", "motivation", "red_flag", "star"]
StarPart = Literal["situation", "task", "action", "result"]
STAR_PARTS: tuple[StarPart, ...] = ("situation", "task", "action", "result")
DeciderName = Literal["openai", "systemone", "chat", "readout", "builtin"]
Mode = Literal["practice", "simulation", "role_play"]
"""Practice: a rubric after each answer, no clock. Simulation: a clock, and nothing is shown before the end.
Role-play: the other side is a customer, and the whole conversation is one answer."""
Ending = Literal["settled", "left", "turns"]
"""How a role-play ends by itself: all is settled, the person leaves, or it has taken the most turns."""


class Record(BaseModel):
    """A frozen record that refuses unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")


# ── documents ────────────────────────────────────────────────────────────────────────────────────────


class KeyPoint(Record):
    """Something an effective answer says; judged covered, partly covered or missing."""

    id: str
    name: str
    description: str
    covered: str
    """What counts as covered."""
    partly: str
    """What counts as only partly covered."""
    probe: str
    """A follow-up question that invites the point without giving it away."""


class Motivation(Record):
    """What the interviewer wants to find out; judged on four anchored levels."""

    id: str
    name: str
    description: str
    levels: tuple[str, str, str, str]
    """What an answer at level 0, 1, 2 and 3 shows."""
    probe: str
    """A follow-up question that invites evidence without naming the motivation."""


class RedFlag(Record):
    """Something an answer should not show; judged present or absent."""

    id: str
    name: str
    description: str
    exception: str
    """What looks like this flag but isn't."""


class QuestionDocument(Record):
    """One question with everything an answer to it is judged by."""

    id: str
    question: str
    role: str
    function: str
    role_description: str
    themes: tuple[str, ...]
    follow_ups: int = Field(default=3, ge=0, le=10)
    """Most follow-up questions asked about this question."""
    key_points: tuple[KeyPoint, ...]
    motivations: tuple[Motivation, ...]
    red_flags: tuple[RedFlag, ...]
    star_probes: dict[StarPart, str]
    """A follow-up question for each STAR part that an answer left out."""
    examples: tuple[str, ...] = ()
    """Ids of linked worked examples."""
    guides: tuple[str, ...] = ()
    """Ids of linked guides."""
    source: str = ""
    """The file it was read from, for messages; empty for a document made in memory."""


class WorkedExample(Record):
    """A STAR story that shows how a situation was handled well."""

    id: str
    title: str
    situation: str
    action: str
    result: str
    takeaways: tuple[str, ...]
    shows: tuple[str, ...] = ()
    """Ids of the criteria it is a good example of."""
    source: str = ""


class GuideStep(Record):
    """One step of a guide."""

    name: str
    text: str
    shows: tuple[str, ...] = ()
    """Ids of the criteria this step helps with."""


class Guide(Record):
    """A list of steps."""

    id: str
    title: str
    introduction: str
    steps: tuple[GuideStep, ...]
    source: str = ""


class Plan(Record):
    """A named list of questions to be asked in one interview."""

    id: str
    title: str
    role: str
    minutes: int
    """When the interview ends by itself."""
    questions: tuple[str, ...]
    """Ids of question documents, in the order they are asked."""
    introduction: str
    source: str = ""


class Level(Record):
    """How the person in a role-play is at one height of temper."""

    name: str
    """One plain word or two, e.g. `Annoyed`."""
    manner: str
    """How they speak then; what anybody could see and hear."""


class Rule(Record):
    """What a line of the candidate's can do that moves the person's temper, or settles something."""

    id: str
    name: str
    description: str
    because: str
    """The same in half a sentence to the candidate, after "because": `you let him finish`."""
    change: int = Field(ge=-1, le=2)
    """Steps of temper: -1 calms, 0 only settles, 1 and 2 upset."""
    cues: tuple[str, ...]
    """Words by which code knows it; `roleplay.judge` says how they are read."""


class Topic(Record):
    """One thing the person wants to hear, and what they say until they have."""

    id: str
    name: str
    description: str
    """What they still want, as told to a model that words their lines."""
    settled_by: tuple[str, ...]
    """Ids of rules, any of which settles it."""
    calm: tuple[str, ...]
    """Their lines at the levels 0 and 1, the first one first."""
    tense: tuple[str, ...]
    """At level 2."""
    heated: tuple[str, ...]
    """At level 3."""


class RolePlay(Record):
    """A difficult talk to be played: who the other person is, what moves them, and a script for when no model does."""

    id: str
    title: str
    question: str
    """Id of the question document that the whole talk is graded by."""
    example: str
    """Id of the worked example that it was made from."""
    person: str
    """The other person's name, e.g. `Mr Hollis`."""
    minutes: int
    """About how long it takes."""
    turns: int
    """Most lines of the candidate's."""
    temper: int
    """The level it begins at."""
    scene: str
    """What the candidate is told before it begins."""
    about: str
    who: str
    """Their part in a few words, e.g. `a customer at the service desk`."""
    wants: str
    knows: str
    unknown: str
    """What they don't know; no model is told it before the candidate says it."""
    opens: str
    """Their first line."""
    levels: tuple[Level, Level, Level, Level, Level]
    """From calm to gone: at the last one they leave."""
    rules: tuple[Rule, ...]
    topics: tuple[Topic, ...]
    """In the order they bring them up."""
    endings: dict[Ending, str]
    """Their last line, by how it ends."""
    source: str = ""


class Library(Record):
    """Every document that was found, by id."""

    questions: dict[str, QuestionDocument]
    examples: dict[str, WorkedExample]
    guides: dict[str, Guide]
    plans: dict[str, Plan] = {}
    role_plays: dict[str, RolePlay] = {}


# ── what a decider is asked, and what it decides ─────────────────────────────────────────────────────


class Sentence(Record):
    """One numbered sentence of the candidate's answers."""

    number: int
    """From 1, counted over all answers to the question."""
    answer: int
    """Which answer it is from, counted from 0 (0 is the first answer, 1 the answer to the first follow-up)."""
    start: int
    """Characters from the start of that answer."""
    end: int
    """One past its last character."""
    text: str
    """`answers[answer][start:end]`, always."""


class State(Record):
    """What a decider reads: the question as asked and the candidate's numbered sentences."""

    asked: str
    sentences: tuple[Sentence, ...]
    text: str
    """The same rendered by `prompts/grader/state.j2`, the candidate's words fenced as data."""


class Option(Record):
    """One value a choice can take, or one level of a score."""

    value: str
    description: str = ""


class Predicate(Record):
    """Is this statement true of the text? Probabilities are keyed `"true"` and `"false"`."""

    type: Literal["predicate"] = "predicate"
    name: str
    """Unique in a request: `red_flag.blaming`, `star.result`."""
    kind: Kind
    criterion: str
    """The criterion in one or two plain sentences, for a decider that reads no instructions."""
    instructions: str
    exception: str = ""
    """What looks like it but isn't, as the document says; part of the instructions too."""


class Choice(Record):
    """Which of these? Probabilities are keyed by option value."""

    type: Literal["choice"] = "choice"
    name: str
    """`key_point.calm`, or `quote.key_point.calm` for the sentence that shows it."""
    kind: Kind
    criterion: str
    instructions: str
    options: tuple[Option, ...]
    evidence_for: str = ""
    """Name of the question whose verdict this sentence choice shows; empty for a verdict question.
    Its options are sentence numbers (`"1"`, `"2"` …) and `"none"`."""


class Score(Record):
    """Which level? Probabilities are keyed `"0"`, `"1"` … in the order of the levels."""

    type: Literal["score"] = "score"
    name: str
    """`motivation.service_orientation`."""
    kind: Kind
    criterion: str
    instructions: str
    levels: tuple[Option, ...]


TypedQuestion = Annotated[Predicate | Choice | Score, Field(discriminator="type")]


class Usage(Record):
    """Tokens of one or more requests."""

    prompt_tokens: int = 0
    cached_tokens: int = 0
    """Of the prompt tokens, how many the endpoint took from its cache."""
    completion_tokens: int = 0

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            prompt_tokens=self.prompt_tokens + other.prompt_tokens,
            cached_tokens=self.cached_tokens + other.cached_tokens,
            completion_tokens=self.completion_tokens + other.completion_tokens,
        )


class Decision(Record):
    """A decider's answer to one typed question."""

    name: str
    probabilities: dict[str, float] = {}
    """By option value; sums to 1 unless refused."""
    quotes: tuple[str, ...] = ()
    """Words a chat model says it rests on, found in the answer by code; other deciders choose sentences instead."""
    cited: tuple[str, ...] = ()
    """The same words as the model wrote them, whether they were found or not."""
    reason: str = ""
    refusal: str = ""
    """Why there is no answer; empty when there is one."""
    unsure: str = ""
    """Why there is no verdict though there are answers: samples that disagree. There are no probabilities then."""
    measured: bool = True
    """False: the value was stated (by a chat model), so its 1.0 is no probability and is never shown as one."""
    samples: int = 1
    """How many times a chat model was asked for it."""
    usage: Usage = Usage()
    """Tokens of the request behind it, on the first decision of that request only."""


class Agreement(Record):
    """How far a decider agreed with raters, measured on recorded or local runs."""

    labellers: str
    """Who made the labels, e.g. `model-rater-1`."""
    split: str
    """Which part of which answers: e.g. `difficult-customers test (40 answers)`."""
    measured: str
    """Date, YYYY-MM-DD."""
    key_point_macro_f1: float
    key_point_coverage: float
    """Share of key-point verdicts given (the rest were unsure)."""
    red_flag_f1: float
    band_qwk: float | None = None
    key_points: int = 0
    """Those labelled, in all answers together; 0 where nobody counted."""
    key_points_right: int = 0
    """Of these, the ones it judged as labelled."""
    raters_alike: float = 0.0
    """Share of these that two raters judged alike."""
    flagged_answers: int = 0
    """Answers in which the labels have a red flag; 0 where nobody counted."""
    flagged_found: int = 0
    """Of these, the ones in which at least one was found."""


class Calibration(Record):
    """The least probability at which a decider's choice counts as a verdict; below it is unsure."""

    key_point: float = 0.5
    motivation: float = 0.4
    red_flag_present: float = 0.5
    """At least this probability of `true`: present."""
    red_flag_absent: float = 0.5
    """At least this probability of `false`: absent."""
    star: float = 0.5
    temperatures: dict[Kind, float] = {}
    """By kind, what `calibrated` takes a decider's probabilities to before thresholds; 1 where there is none."""
    agreement: Agreement | None = None
    """None: never measured, and the page says so."""
    elsewhere: Agreement | None = None
    """On questions that nothing was trained or chosen on."""


class Decider(Protocol):
    """Answers typed questions about a text with probabilities."""

    @property
    def name(self) -> DeciderName: ...
    @property
    def model(self) -> str: ...
    @property
    def calibration(self) -> Calibration: ...
    @property
    def evidence(self) -> Literal["together", "after", "quoted"]:
        """When the sentence choices are asked: with the verdicts, after them (only where needed), or never
        because its decisions carry quotes.
        """
        ...

    @property
    def english_only(self) -> bool:
        """Whether answers in other languages mean nothing to it."""
        ...

    def decide(self, state: State, questions: Sequence[TypedQuestion]) -> AsyncIterator[Decision]:
        """Yields one decision for each question, in any order, each as soon as it is known.

        Raises:
            ProviderError: the model can't be reached or refuses the whole request.
            ReplyError: the whole reply is unreadable.
        """
        ...


class ReadsAhead(Protocol):
    """A decider that can read an answer while it is being written, so that it decides sooner."""

    async def read_ahead(self, state: State) -> None:
        """Reads the sentences that are finished, and decides nothing.

        Raises:
            ProviderError: the model failed; nothing is lost by that.
            ReplyError: it replied with nothing; that does no harm either.
        """
        ...


# ── grades: the public shape, version 1 ──────────────────────────────────────────────────────────────


class Quote(Record):
    """Words of the candidate, found by code."""

    text: str
    start: int
    """Characters from the start of the answer it is from."""
    end: int
    answer: int
    """Which answer, counted from 0."""


class KeyPointVerdict(Record):
    """The judgement on one key point."""

    verdict: Literal["covered", "partial", "missing", "unsure", "unscored"]
    probability: float | None = None
    """Of the verdict given; for unsure, of the likeliest verdict."""
    quotes: tuple[Quote, ...] = ()
    reason: str = ""


class MotivationVerdict(Record):
    """The judgement on one motivation."""

    level: int | None = Field(default=None, ge=0, le=3)
    """None: unsure or unscored."""
    unsure: bool = False
    """Whether there is no level because nobody can be sure of one; grades made before this was kept say it in words."""
    probability: float | None = None
    quotes: tuple[Quote, ...] = ()
    reason: str = ""


class RedFlagVerdict(Record):
    """The judgement on one red flag."""

    verdict: Literal["present", "absent", "unsure", "unscored"]
    probability: float | None = None
    quotes: tuple[Quote, ...] = ()
    reason: str = ""


class Advice(Record):
    """One thing to do better, and where to read more."""

    criterion: str
    """Name of the question it came from, e.g. `key_point.listening`."""
    text: str
    link: str = ""
    """Id of the worked example or guide that fits; empty when none does."""
    step: int | None = None
    """Which step of the guide, from 1; None for an example."""


class OtherVerdict(Record):
    """A verdict of a second opinion, opposite to the grade's."""

    kind: Literal["key_point", "red_flag"]
    criterion: str
    """Id of the criterion."""
    verdict: Literal["covered", "missing", "present", "absent"]


class SecondOpinion(Record):
    """What another decider sees as the opposite; no verdict, band or coverage rests on it."""

    decider: DeciderName
    model: str
    differs: tuple[OtherVerdict, ...] = ()
    """Where it is sure of the opposite: covered and missing, present and absent."""


class Grade(Record):
    """All verdicts on the answers to one question; one line of `interviewer grade --out`."""

    version: Literal[1] = 1
    id: str
    question_id: str
    status: Literal["graded", "partly_graded", "unscored"]
    reason: str = ""
    """Why not (fully) graded: a key of `intake.STATES` such as `too_short`, or a sentence."""
    key_points: dict[str, KeyPointVerdict] = {}
    motivations: dict[str, MotivationVerdict] = {}
    red_flags: dict[str, RedFlagVerdict] = {}
    star: dict[StarPart, bool | None] = {}
    star_quotes: dict[StarPart, tuple[Quote, ...]] = {}
    coverage: float | None = None
    """Share of judged key points that are covered, partly counting half; 0 to 1."""
    band: int | None = Field(default=None, ge=1, le=5)
    advice: tuple[Advice, ...] = ()
    set_aside: tuple[Quote, ...] = ()
    """Sentences that no verdict rests on because they speak to the grader instead of answering."""
    copied: tuple[Quote, ...] = ()
    """Sentences that no verdict rests on because they are a worked example's."""
    second_opinion: SecondOpinion | None = None
    """None: nobody else was asked, or couldn't read the answers."""
    decider: DeciderName
    model: str
    samples: int = 1
    """How many times the chat model was asked about each criterion; 1 also where nothing was asked."""
    prompt_hash: str
    rubric_hash: str
    answer_hash: str = ""
    """Of the answers graded; empty in grades made before there was one."""
    tokens: int = 0
    """Prompt and completion tokens of every request behind it."""
    seconds: float = 0.0
    usd: float | None = None
    """None when the price is not known."""


# ── speech ───────────────────────────────────────────────────────────────────────────────────────────


class SpokenWord(Record):
    """A word that was heard, and when."""

    text: str
    start: float
    """Seconds from the start of the recording."""
    end: float


class Transcript(Record):
    """A recording, written down."""

    text: str
    words: tuple[SpokenWord, ...] = ()
    """In the order they were said; empty where the model gives no times."""
    model: str = ""


class Delivery(Record):
    """How a spoken answer sounded, counted by code from the times of its words; no grader ever sees it."""

    words: int = Field(ge=0)
    recordings: int = Field(default=1, ge=1)
    """How many make up the answer; every other number is over all of them."""
    seconds: float | None = Field(default=None, ge=0)
    """From the first word's start to the last one's end. None, as the next three: the model gave no times."""
    silent_seconds: float | None = Field(default=None, ge=0)
    """Of these, how many between words."""
    pauses: int | None = Field(default=None, ge=0)
    """Silences that are longer than `delivery.PAUSE_SECONDS`."""
    longest_pause_seconds: float | None = Field(default=None, ge=0)
    """0: there is none."""
    fillers: dict[str, int] | None = None
    """How often each was said, by `delivery.count_fillers`; None: not in English, so they were not counted."""
    model: str = ""
    """What wrote it down."""


# ── interviews ───────────────────────────────────────────────────────────────────────────────────────


class Probe(Record):
    """A follow-up chosen by code, with why."""

    kind: Kind
    criterion: str
    """Id of the criterion (or the STAR part) it is after."""
    text: str
    """The question written in the document."""
    reason: str
    """Why this one, e.g. `motivation service_orientation is at level 0`."""


class Turn(Record):
    """One thing said."""

    speaker: Literal["interviewer", "candidate"]
    act: Literal["question", "follow_up", "answer", "closing"]
    text: str
    question_id: str
    said_by: str = ""
    """For the interviewer: the model that worded it, or `document`."""
    at: float = 0.0
    """Seconds since the epoch, UTC; 0 where nobody noted it."""
    probe: Probe | None = None
    delivery: Delivery | None = None
    """How it sounded, where it was spoken; for the candidate's eyes alone."""
    replaced: str = ""
    """The rule that the model's own line broke, when the document's words were said instead."""


class Dispute(Record):
    """A verdict that somebody sees otherwise than the grader, kept beside the grade and never counted in it."""

    question_id: str
    kind: Kind
    criterion: str
    """Id of the criterion, or the STAR part."""
    answers: int = Field(ge=1)
    """How many answers to the question had been graded: the first ones, in order."""
    verdict: str
    """Theirs: `covered`, `partial`, `missing`; a level `0` to `3`; `present`, `absent`; `told`, `left_out`."""
    quotes: tuple[Quote, ...] = ()
    """The words that show it, found in those answers; only key points and red flags have some."""
    graded: str
    """What the grader had said: the same words, or `unsure`, `unscored`."""
    graded_by: str
    """Decider and model."""


class Hint(Record):
    """A probe that the candidate asked to see while answering; never a criterion's text."""

    question_id: str
    probe: Probe
    answers: int
    """How many answers had been given to the question by then."""


class Attempt(Record):
    """One try at a question: what was said, and how it was judged. Grades and hints are of this try alone."""

    question_id: str
    turns: tuple[Turn, ...]
    grade: Grade | None = None
    hints: tuple[Hint, ...] = ()
    disputes: tuple[Dispute, ...] = ()
    mode: Mode = "practice"
    """Of the interview when it was made."""


class Line(Record):
    """One sentence of a rewrite."""

    text: str
    """Blanks, `[How long?]`, stand in square brackets."""
    left_out: str = ""
    """Why it was taken out; empty for a sentence that stands."""


class Rewrite(Record):
    """The answers to one question said better; no grade rests on it."""

    question_id: str
    answer_hash: str
    """Of the answers it was made from; it is of no use for others."""
    lines: tuple[Line, ...]
    """In order, those that were taken out among them."""
    written_by: str = ""
    """The model; empty for the candidate's own sentences with blanks between."""
    reason: str = ""
    """Why no model wrote it; empty when one did."""


class Comment(Record):
    """What somebody who read an attempt, such as a coach, says about it; no verdict rests on it."""

    question_id: str
    attempt: int = Field(ge=1)
    """Which try at the question, from 1."""
    text: str
    author: str
    """As they call themselves; may be empty."""
    at: float
    """Seconds since the epoch, UTC; 0 where nobody noted it."""


class Limits(Record):
    """Where an interview stops by itself."""

    follow_ups: int = Field(default=3, ge=0, le=10)
    """Per question; a document may ask for fewer."""
    turns: int = Field(default=40, ge=2)
    """Candidate's answers in the whole interview."""
    minutes: float = Field(default=45.0, gt=0)
    """Of a simulation; practice has no clock."""


class Brief(Record):
    """What the interviewer may know of a job ad: a few words of it, verbatim; never anything of a CV."""

    title: str
    employer: str = ""
    """Empty where no name was found."""
    phrases: tuple[str, ...] = ()
    """At most three."""


class Interview(Record):
    """The whole conversation. An answer returns a new one."""

    id: str
    owner: str = ""
    """Which browser it belongs to where several people share a page; empty on one's own machine."""
    candidate: str = ""
    """What the candidate calls themselves, for whoever reads an export; empty when they didn't say."""
    mode: Mode = "practice"
    revision: int = 0
    """How often it was changed: of two copies, the one with more is the newer."""
    questions: tuple[QuestionDocument, ...]
    role_play: RolePlay | None = None
    """What is played, in the mode `role_play`; the only question is then the one that grades it. How the person feels
    stands nowhere: it follows from the turns."""
    plan: str = ""
    """Title of the plan they came from; empty when they were chosen one by one."""
    brief: Brief | None = None
    """Of the job ad, where the candidate lets the interviewer know it; no grader ever sees it."""
    position: int = 0
    """Index of the current question."""
    turns: tuple[Turn, ...] = ()
    """What was said; of a question that was tried again, only the latest attempt."""
    grades: dict[str, Grade] = {}
    """The latest grade of each question, by question id; of the latest attempt."""
    attempts: tuple[Attempt, ...] = ()
    """Earlier attempts, in the order they were made; the latest is in `turns` and `grades`."""
    hints: tuple[Hint, ...] = ()
    """Of the latest attempts."""
    disputes: tuple[Dispute, ...] = ()
    """What the candidate, or a coach, sees otherwise than the grader; the latest last."""
    rewrites: dict[str, Rewrite] = {}
    """The latest of each question, by question id."""
    comments: tuple[Comment, ...] = ()
    """What a coach says about attempts, in the order in which it was said."""
    limits: Limits = Limits()
    started: float = 0.0
    """Seconds since the epoch, UTC."""
    ended: str = ""
    """Why it ended; empty while it runs."""

    @property
    def question(self) -> QuestionDocument:
        """The current question's document."""
        return self.questions[self.position]


class Marked(Record):
    """One graded attempt as a history knows it: verdicts without their words; what the store lists quickly."""

    interview_id: str
    owner: str = ""
    question_id: str
    question: str
    """As asked."""
    role: str
    function: str
    themes: tuple[str, ...]
    attempt: int = Field(ge=1)
    """Which try at this question in this interview, from 1."""
    latest: bool
    """Whether it is the last of them."""
    at: float
    """Seconds since the epoch when its first answer was given, UTC."""
    mode: Mode
    hints: int
    answers: int
    """How many: the first answer, then those to follow-ups."""
    status: Literal["graded", "partly_graded", "unscored"]
    band: int | None
    coverage: float | None
    key_points: dict[str, str]
    """Verdict by criterion id, as are the next two."""
    motivations: dict[str, int | None]
    red_flags: dict[str, str]
    star: dict[StarPart, bool | None]
    names: dict[str, str]
    """By kind and criterion id (`key_point.calm`), for documents that are gone: kinds may share an id."""
    decider: DeciderName
    model: str
