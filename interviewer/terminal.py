"""The same interview in a terminal: asks, reads, speaks, prints the rubric; never lets words steer the terminal."""

from __future__ import annotations

import asyncio
import contextlib
import io
import select
import signal
import sys
import time
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, TextIO

from rich.console import Console
from rich.text import Text

from .errors import InterviewerError, StoreError
from .interview import answer, answers_to, end, next_step, speak, with_grade
from .panel import Panel
from .schema import STAR_PARTS, Grade, Interview, Kind, Library, Plan, QuestionDocument, Quote
from .store import new_id
from .wording import (
    BANDS,
    STAR_NAMES,
    VERDICTS,
    count_criteria,
    cut_answers,
    explain_band,
    number_evidence,
    say_making,
    say_second_opinion,
    say_set_aside,
    say_status,
    summarise,
)

if TYPE_CHECKING:
    from .store import Store

__all__ = ["Screen", "chat", "clean", "rubric_lines", "show_progress"]

HOW = "Finish an answer with an empty line or Ctrl-D. A line with only /end ends the interview."
SIGNS = {
    "covered": ("✓", "green"),
    "partial": ("◐", "yellow"),
    "missing": ("○", "red"),
    "present": ("⚑", "bold red"),
    "absent": ("✓", "green"),
    "told": ("✓", "green"),
    "left_out": ("○", "yellow"),
    "unsure": ("?", "blue"),
    "unscored": ("–", "dim"),
}
EMPHASIS = "black on yellow"
FLAGGED = "white on red"
_STEERING = frozenset({"Cc", "Cf", "Cs", "Co"})


async def chat(
    panel: Panel,
    store: Store,
    question_ids: Sequence[str],
    *,
    plan: Plan | None = None,
    console: Console | None = None,
    stdin: TextIO | None = None,
    now: Callable[[], float] = time.time,
) -> Interview:
    """Holds an interview until it ends, saved after every turn.

    Args:
        panel: who interviews and who grades.
        store: where the interview is kept.
        question_ids: of the documents, in the order they are asked.
        plan: where they came from.
        console: where to print; standard output when left out.
        stdin: where answers come from; standard input when left out.
        now: seconds since the epoch.

    Returns:
        The interview as far as it went.

    Raises:
        ContentError: there is no such question.
    """
    _replace_unreadable(sys.stdin, sys.stdout)
    table = _Table(panel, store, console or _console(), stdin or sys.stdin, now)
    begun = panel.begin(question_ids, id=new_id(), now=now(), plan=plan)
    if plan is not None:
        table.announce(plan)
    return await table.hold(begun)


class _Table:
    """One interview being held."""

    def __init__(self, panel: Panel, store: Store, console: Console, stdin: TextIO, now: Callable[[], float]) -> None:
        self.panel = panel
        self.store = store
        self.console = console
        self.stdin = stdin
        self.now = now

    def announce(self, plan: Plan) -> None:
        """Says what is coming, as far as the candidate may know."""
        self.console.print(Text(f"{clean(plan.title)} · {plan.minutes} minutes", "bold"))
        self.console.print(Text(clean(plan.introduction)))
        self.console.print()

    async def hold(self, interview: Interview) -> Interview:
        self._introduce()
        self._say(interview.turns[-1].text)
        try:
            while not interview.ended:
                interview = await self._round(interview)
        except KeyboardInterrupt:
            self.console.print()
        self._save(interview)
        self.console.print(Text(f"Kept as interview {interview.id} in {self.store.place}.", "dim"))
        return interview

    async def _round(self, interview: Interview) -> Interview:
        """An answer, the interviewer's next line, the rubric."""
        said = self._listen(interview)
        if said is None:
            stopped = end(interview, self.panel.interviewer)
            self._say(stopped.turns[-1].text)
            return stopped
        interview = answer(interview, said)
        self._save(interview)
        spoken = await self._speak(interview)
        while spoken is None:
            self.console.print(Text("Your answer is kept. Enter tries again, /end ends the interview.", "bold"))
            with _interruptible():
                line = _read_line(self.stdin)
            if not line or line.strip() == "/end":
                spoken = end(interview, self.panel.interviewer)
                break
            spoken = await self._speak(interview)
        interview = await self._grade(spoken, spoken_about=interview.question)
        self._save(interview)
        return interview

    def _introduce(self) -> None:
        description = self.panel.describe()
        for sentence in (description.interviewer, description.grader, description.agreement, *description.notices, HOW):
            self.console.print(Text(clean(sentence), "dim"))
        self.console.print()

    def _print(self, text: Text) -> None:
        """A line of the rubric; what wraps stays under its beginning."""
        _print_indented(self.console, text)

    def _say(self, line: str) -> None:
        self.console.print(Text.assemble(("Interviewer: ", "bold cyan"), clean(line)))

    def _listen(self, interview: Interview) -> str | None:
        """The next answer; None when the candidate has had enough."""
        lines: list[str] = []
        self.console.print(Text("\nYour answer:", "bold"))
        try:
            with _interruptible():
                while True:
                    line = _read_line(self.stdin)
                    if line.strip() == "/end" and not lines:
                        return None
                    if not line or (not line.strip() and not _more_waits(self.stdin)):
                        text = "".join(lines).strip("\n")
                        if text.strip():
                            return text
                        if not line:
                            return None
                        continue
                    lines.append(line)
        except KeyboardInterrupt:
            with contextlib.suppress(StoreError):
                self.store.save_draft(interview.id, "".join(lines))
            raise

    async def _speak(self, interview: Interview) -> Interview | None:
        """The interviewer's next line as it comes; None when the model failed, which has been said."""
        asked, answers = answers_to(interview, interview.question.id)
        reading = await self.panel.read(interview.question, answers, asked=asked)
        step = next_step(interview, reading or interview.grades.get(interview.question.id), self.now())
        self.console.print(Text("\nInterviewer: ", "bold cyan"), end="")
        line = ""
        try:
            async for piece in speak(interview, step, self.panel.interviewer):
                if isinstance(piece, Interview):
                    words = piece.turns[-1].text
                    if words != line.strip():  # the line broke a rule: what stands instead
                        self.console.print(Text(f"\nInterviewer: {clean(words)}" if line else clean(words)), end="")
                    self.console.print()
                    return piece
                line += piece
                self.console.print(Text(clean(piece)), end="", soft_wrap=True)
        except InterviewerError as failure:
            self.console.print(Text(f"\n{clean(str(failure))}", "red"))
            return None
        return None

    async def _grade(self, interview: Interview, *, spoken_about: QuestionDocument) -> Interview:
        """The rubric of the answers to a question; Ctrl-C stops the grading, not the interview."""
        asked, answers = answers_to(interview, spoken_about.id)
        latest: Grade | None = None
        try:
            with self.console.status("Grading …") if self.console.is_terminal else contextlib.nullcontext() as status:
                async for latest in self.panel.grade(spoken_about, answers, asked=asked, id=interview.id):
                    if status is not None:
                        done, whole = count_criteria(latest, spoken_about)
                        status.update(f"{done} of {whole} criteria judged (Ctrl-C stops the grading)")
        except InterviewerError as failure:
            self.console.print(Text(clean(str(failure)), "red"))
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is not None:
                task.uncancel()
            self.console.print(Text("Grading stopped.", "yellow"))
            return interview
        if latest is None:
            return interview
        for text in rubric_lines(latest, spoken_about, answers, self.panel.library):
            self._print(text)
        if not interview.ended:
            self._say(interview.turns[-1].text)
        return with_grade(interview, latest)

    def _save(self, interview: Interview) -> None:
        try:
            self.store.save(interview)
        except StoreError as failure:
            self.console.print(Text(clean(str(failure)), "red"))


class Screen:
    """A terminal for work that holds no interview: prints lines, and reads one at a time."""

    def __init__(self, console: Console | None = None, stdin: TextIO | None = None) -> None:
        _replace_unreadable(sys.stdin, sys.stdout)
        self._console = console or _console()
        self._stdin = stdin or sys.stdin

    def say(self, text: str = "", style: str = "") -> None:
        """Prints a text, cleaned; what wraps stays under its beginning."""
        for line in clean(text).split("\n"):
            _print_indented(self._console, Text(line, style))

    def ask(self, invitation: str) -> str | None:
        """The line that is typed; None at its end or for Ctrl-C."""
        self.say(invitation, "dim")
        try:
            line = _read_line(self._stdin)
        except KeyboardInterrupt:
            return None
        return line.rstrip("\r\n") if line else None


def _print_indented(console: Console, text: Text) -> None:
    indent = len(text.plain) - len(text.plain.lstrip(" "))
    for line in text[indent:].wrap(console, max(20, console.width - indent)):
        console.print(Text(" " * indent) + line)


def rubric_lines(grade: Grade, document: QuestionDocument, answers: Sequence[str], library: Library) -> Iterator[Text]:
    """A grade as lines to print: colours where the terminal has them, numbers and words that do without."""
    yield Text()
    heading, sentence = say_status(grade)
    if grade.band is not None:
        yield Text(f"Band {grade.band} of 5: {BANDS[grade.band]}", "bold")
    if heading:
        yield Text.assemble((f"{heading}. ", "bold yellow"), clean(sentence))
    if aside := say_set_aside(grade):
        yield Text.assemble(("Set aside. ", "bold yellow"), aside)
    if grade.status != "unscored":
        yield Text(summarise(grade))
        yield from _advice_lines(grade, library)
        yield from _answer_lines(grade, document, answers)
        yield from _criterion_lines(grade, document, several=len(answers) > 1)
        yield Text("\nHow the band came about", "bold")
        yield from (Text(f"  {line}", "dim") for line in explain_band(grade))
    yield Text(f"Graded by {clean(say_making(grade))}\n", "dim")


def _advice_lines(grade: Grade, library: Library) -> Iterator[Text]:
    if not grade.advice:
        return
    yield Text("\nTo do better", "bold")
    for number, advice in enumerate(grade.advice, start=1):
        yield Text(f"  {number}. {clean(advice.text)}")
        guide = library.guides.get(advice.link)
        if advice.link in library.examples:
            yield Text(f"     Worked example: {clean(library.examples[advice.link].title)} ({advice.link})", "dim")
        elif guide and advice.step:
            yield Text(f"     Guide, step {advice.step}: {clean(guide.steps[advice.step - 1].name)}", "dim")


def _answer_lines(grade: Grade, document: QuestionDocument, answers: Sequence[str]) -> Iterator[Text]:
    evidence = number_evidence(grade, document)
    flagged = {item.number for item in evidence if item.verdict == "present"}
    yield Text("\nYour words, and the verdicts that rest on them", "bold")
    for index, segments in enumerate(cut_answers(answers, evidence), start=1):
        line = Text(f"  {index}. " if len(answers) > 1 else "  ")
        for segment in segments:
            style = FLAGGED if flagged & set(segment.numbers) else EMPHASIS if segment.numbers else ""
            line.append(clean(segment.text), style)
            if segment.ending:
                line.append(f" [{','.join(map(str, segment.ending))}]", "bold")
        yield line


def _criterion_lines(grade: Grade, document: QuestionDocument, *, several: bool) -> Iterator[Text]:
    numbers = {(item.kind, item.criterion): item.number for item in number_evidence(grade, document)}

    opinions = say_second_opinion(grade)

    def line(kind: Kind, criterion: str, name: str, verdict: str, word: str, quotes: Sequence[Quote]) -> Iterator[Text]:
        sign, style = SIGNS[verdict]
        number = next((f" [{n}]" for (k, c), n in numbers.items() if (k, c) == (kind, criterion)), "")
        yield Text.assemble(f"  {sign} {clean(name)}: ", (word, style), (number, "bold"))
        for quote in quotes:
            source = f" (answer {quote.answer + 1})" if several else ""
            yield Text(f"      “{clean(quote.text.strip())}”{source}", "italic")
        if other := opinions.get((kind, criterion)):
            yield Text(f"      {clean(other)}", "dim italic")

    yield Text("\nRed flags", "bold")
    for flag in document.red_flags:
        if seen := grade.red_flags.get(flag.id):
            yield from line("red_flag", flag.id, flag.name, seen.verdict, VERDICTS[seen.verdict], seen.quotes)
    yield Text("\nKey points", "bold")
    for point in document.key_points:
        if judged := grade.key_points.get(point.id):
            yield from line("key_point", point.id, point.name, judged.verdict, VERDICTS[judged.verdict], judged.quotes)
            if judged.verdict not in ("covered",) and judged.reason:
                yield Text(f"      {clean(judged.reason)}", "dim")
    yield Text("\nWhat the interviewer wanted to find out", "bold")
    for motivation in document.motivations:
        if found := grade.motivations.get(motivation.id):
            level = found.level
            sign = "unsure" if level is None else ("missing", "partial", "partial", "covered")[level]
            word = VERDICTS["unsure"] if level is None else f"level {level} of 3. {clean(motivation.levels[level])}"
            yield from line("motivation", motivation.id, motivation.name, sign, word, found.quotes)
    yield Text("\nThe story", "bold")
    for part in STAR_PARTS:
        told = {True: "told", False: "left_out", None: "unsure"}[grade.star.get(part)]
        yield from line("star", part, STAR_NAMES[part], told, VERDICTS[told], ())


def clean(text: str) -> str:
    """Text without what steers a terminal: escapes would move its cursor, direction marks would reorder its words."""
    return "".join(
        character if character in "\n\t\u200c\u200d" or unicodedata.category(character) not in _STEERING else "�"
        for character in text.replace("\r\n", "\n")
    )


def _console() -> Console:
    return Console(highlight=False, markup=False, emoji=False)


def _replace_unreadable(*streams: TextIO) -> None:
    """What isn't UTF-8, and what a terminal without Unicode can't show, becomes a question mark, not a traceback."""
    for stream in streams:
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def _read_line(stdin: TextIO) -> str:
    """The next line with its end; empty when nothing more comes.

    On a terminal it can be edited, and be longer than the 4,095 characters after which a terminal cuts a line.
    """
    if stdin is not sys.stdin or not stdin.isatty():
        return stdin.readline()
    with contextlib.suppress(ImportError):
        import readline  # noqa: F401  # `input` edits lines with it once it is there
    try:
        return input("> ") + "\n"
    except EOFError:
        return ""


@contextlib.contextmanager
def _interruptible() -> Iterator[None]:
    """Ctrl-C interrupts the reading of a line; inside a running event loop it would only be noted."""
    try:
        before = signal.signal(signal.SIGINT, signal.default_int_handler)
    except ValueError:  # not in the main thread, where signals don't arrive either
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _more_waits(stdin: TextIO) -> bool:
    """Whether an empty line stands inside pasted text: more of it is already there."""
    try:
        return stdin.isatty() and bool(select.select([stdin], [], [], 0.05)[0])
    except (OSError, ValueError):
        return False


@contextlib.contextmanager
def show_progress(doing: str, *, unit: str = "", scale: int = 1) -> Iterator[Callable[[int, int], None]]:
    """Yields a function told (done, total): a bar on a terminal, a line every tenth elsewhere; both on stderr."""
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    columns = TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[told]}"), TimeRemainingColumn()
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task(doing, total=None, told="")
        tenth = -1

        def tell(done: int, total: int) -> None:
            nonlocal tenth
            told = f"{done // scale} of {total // scale} {unit}".rstrip()
            bar.update(task, completed=done, total=total, told=told)
            if not console.is_terminal and total and 10 * done // total > tenth:
                tenth = 10 * done // total
                console.print(f"{doing}: {told}", highlight=False)

        yield tell
