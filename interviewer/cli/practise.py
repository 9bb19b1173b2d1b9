"""The commands of those who practise: the page, the interview in the terminal, the list of questions."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .flags import (
    THE_ANSWER,
    ContentFlag,
    DeciderFlag,
    LanguageFlag,
    LocalFlag,
    PromptsFlag,
    settings_in_use,
    settings_of,
)
from .output import counted, fail, note, run

if TYPE_CHECKING:
    from ..page.author import Author
    from ..schema import Library, Mode
    from ..settings import Settings

__all__ = ["chat", "questions", "serve"]


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
    coach: Annotated[
        bool, typer.Option("--coach", help="Add a view for coaches: what a group of candidates misses.")
    ] = False,
    language: LanguageFlag = None,
) -> None:
    """Open the page on this machine and print its address."""
    from ..build import open_panel, open_store
    from ..page import serve_page

    settings = settings_in_use(
        content=content, prompts=prompts, decider=decider, local_model=local_model, host=host, port=port,
        author=author or None, coach=coach or None, language=language,
    )  # fmt: skip
    store = open_store(settings)
    store.open()
    with open_panel(settings, say=note) as panel:
        note(*panel.notices)
        serve_page(
            panel,
            store,
            host=settings.host,
            port=settings.port,
            open_browser=open_browser,
            author=_author(settings) if settings.author else None,
            coach=settings.coach,
        )


def _author(settings: Settings) -> Author:
    """Reads and checks a question's document anew each time the author looks at it."""
    from ..authoring import check_documents
    from ..build import open_library
    from ..commands import preview as prompts_of
    from ..page.author import Seen

    def look(question_id: str) -> Seen:
        prompts = [(one.title, one.text, one.tokens) for one in prompts_of(settings, question_id, THE_ANSWER)]
        document = open_library(settings).questions[question_id]
        checked = check_documents([Path(document.source).parent.parent], settings, only=document.source)
        return Seen(document, prompts, [str(finding) for finding in checked.findings])

    return look


def chat(
    questions: Annotated[
        list[str] | None, typer.Argument(metavar="[ID]...", help="Ids of questions; the first one when left out.")
    ] = None,
    simulation: Annotated[
        bool,
        typer.Option(
            "--simulation/--practice", help="With a clock, without help, judged at the end; or without all that."
        ),
    ] = False,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with the latest unfinished interview, or the one whose ID is given.")
    ] = False,
    plan: Annotated[str | None, typer.Option(help="Id of a plan: its questions, and its minutes.")] = None,
    role_play: Annotated[str | None, typer.Option(help="Id of a role-play, instead of questions.")] = None,
    random: Annotated[int | None, typer.Option(min=1, max=20, help="So many questions by chance.")] = None,
    role: Annotated[str, typer.Option(help="With --random: only questions for this role.")] = "",
    theme: Annotated[str, typer.Option(help="With --random: only questions with this theme.")] = "",
    weakest: Annotated[bool, typer.Option(help="With --random: what you missed most comes first.")] = False,
    content: ContentFlag = None,
    prompts: PromptsFlag = None,
    decider: DeciderFlag = None,
    local_model: LocalFlag = None,
    language: LanguageFlag = None,
) -> None:
    """Have the same interview in the terminal."""
    from ..build import open_library, open_panel, open_store
    from ..plans import choose
    from ..terminal import chat as hold_chat
    from ..terminal import resume as go_on

    if resume and (plan or role_play or random or simulation or len(questions or ()) > 1):
        fail("--resume goes on with one interview as it was begun: add nothing but its ID.", code=2)
    if sum(map(bool, (questions, plan, role_play, random))) > 1:
        fail("Give ids of questions, --plan, --role-play or --random: only one of the four.", code=2)
    if role_play and simulation:
        fail("A role-play has no clock, and is judged at its end anyway: leave out --simulation.", code=2)
    if (role or theme or weakest) and not random:
        fail("--role, --theme and --weakest belong to --random: add e.g. --random 3.", code=2)
    settings = settings_in_use(
        content=content, prompts=prompts, decider=decider, local_model=local_model, language=language
    )
    store = open_store(settings)
    store.open()
    if resume:
        with open_panel(settings, say=note) as panel:
            run(go_on(panel, store, *(questions or ())))
        return
    marks = store.marks("") if weakest else None
    chosen = choose(open_library(settings), plan=plan, count=random, role=role, theme=theme, marks=marks)
    with open_panel(settings, say=note) as panel:
        ids = chosen.questions if chosen else questions or sorted(panel.library.questions)[:1]
        mode: Mode = "simulation" if simulation else "practice"
        run(hold_chat(panel, store, ids, plan=chosen, mode=mode, role_play=role_play or ""))


def questions(
    words: Annotated[list[str] | None, typer.Argument(metavar="[WORD]...", help="Words that must all occur.")] = None,
    role: Annotated[str, typer.Option(help="Only questions for this role.")] = "",
    function: Annotated[str, typer.Option(help="Only questions of this line of work.")] = "",
    theme: Annotated[str, typer.Option(help="Only questions with this theme.")] = "",
    plans: Annotated[bool, typer.Option("--plans", help="List the interview plans instead.")] = False,
    role_plays: Annotated[bool, typer.Option("--role-plays", help="List the role-plays instead.")] = False,
    ad: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="A job ad: those that fit it first.")
    ] = None,
    cv: Annotated[Path | None, typer.Option(exists=True, dir_okay=False, help="A CV, with the ad or instead.")] = None,
    content: ContentFlag = None,
) -> None:
    """List the questions there are, or those that fit every filter, or a job ad or CV; nothing of these is kept."""
    from ..build import open_library
    from ..plans import find_questions

    library = open_library(settings_of(content=content))
    filtered = words or role or function or theme
    if role_plays:
        if filtered or plans or ad or cv:
            fail("--role-plays lists every role-play: leave out everything else.", code=2)
        for play in sorted(library.role_plays.values(), key=lambda play: play.id):
            about = f"{library.questions[play.question].role} ({counted(play.minutes, 'minute')})"
            typer.echo(f"{play.id}\t{about}\t{play.title}: {play.person}, {play.who}")
        return
    if plans:
        if filtered or ad or cv:
            fail("--plans lists every plan: leave out everything else.", code=2)
        for plan in sorted(library.plans.values(), key=lambda plan: plan.id):
            size = f"{counted(len(plan.questions), 'question')}, {counted(plan.minutes, 'minute')}"
            typer.echo(f"{plan.id}\t{plan.role} ({size})\t{plan.title}")
        return
    found = find_questions(library, words=" ".join(words or ()), role=role, function=function, theme=theme)
    if not found:
        fail("No question fits: try fewer words or filters; `interviewer questions` lists all.")
    if ad or cv:
        _list_by_fit(library, {document.id for document in found}, ad, cv)
        return
    for document in sorted(found, key=lambda document: document.id):
        typer.echo(f"{document.id}\t{document.role} ({document.function})\t{document.question}")


def _list_by_fit(library: Library, wanted: set[str], ad: Path | None, cv: Path | None) -> None:
    from ..encoder import load
    from ..fit import rank, rank_rows

    texts = [file.read_text(encoding="utf-8", errors="replace") if file else "" for file in (ad, cv)]
    ranking = rank(library, *texts, encoder=load())
    for says in ranking.notes:
        note(says)
    if not ranking.questions:
        fail("There are no words in it: give a file with the text of the ad or CV.")
    kept = tuple(one for one in ranking.questions if one.document.id in wanted)
    for row in rank_rows(ranking.model_copy(update={"questions": kept})):
        # A file's control characters could move a terminal's cursor.
        plain = ("".join(c if c.isprintable() else " " for c in part) for part in row)
        typer.echo("\t".join(" ".join(part.split()) for part in plain))
