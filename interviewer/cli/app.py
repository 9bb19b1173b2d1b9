"""The command `interviewer`: every command under its name, in the order of the help; failures become one sentence."""

from __future__ import annotations

from collections.abc import Callable

import typer

from ..errors import InterviewerError
from . import authors, data, graders, machine, measuring, practise
from .output import fail

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
COMMANDS: dict[str, Callable[..., None]] = {
    "serve": practise.serve,
    "chat": practise.chat,
    "history": data.history,
    "export": data.export,
    "restore": data.restore,
    "delete": data.delete,
    "group": data.group,
    "grade": graders.grade,
    "label": graders.label,
    "eval": measuring.eval_,
    "calibrate": measuring.calibrate,
    "questions": practise.questions,
    "import": authors.import_,
    "new": authors.new,
    "check": authors.check,
    "preview": authors.preview,
    "paths": machine.paths,
    "settings": machine.settings,
}
"""In the order in which the help lists them."""
for name, command in COMMANDS.items():
    app.command(name=name)(command)

model = typer.Typer(help="The embedded language model.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(model, name="model")
model.command()(machine.pull)
model.command()(machine.info)


def main() -> None:
    """Runs the command line; an `InterviewerError` becomes one sentence and exit code 1."""
    try:
        app(prog_name="interviewer")
    except InterviewerError as error:
        fail(str(error))
