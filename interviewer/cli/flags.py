"""The flags that several commands take, and the settings they make; never a flag of one command alone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from ..settings import Settings

__all__ = [
    "ONE_IN_A_BATCH",
    "THE_ANSWER",
    "CalibrationFlag",
    "ContentFlag",
    "DeciderFlag",
    "LanguageFlag",
    "LocalFlag",
    "PromptsFlag",
    "SamplesFlag",
    "settings_in_use",
    "settings_of",
]

ONE_IN_A_BATCH = "A batch asks once about each answer: leave out --samples, or unset INTERVIEWER_SAMPLES."
THE_ANSWER = "(the candidate's answer)"
"""What stands in a prompt where no answer was given to show."""
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

LanguageFlag = Annotated[str | None, typer.Option("--language", help="Language of what you read: en or de.")]


def settings_of(**flags: Any) -> Settings:
    """The settings with the flags that were given before what the environment says."""
    from ..settings import Settings

    given = {name: tuple(value) if isinstance(value, list) else value for name, value in flags.items()}
    return Settings(**given)


def settings_in_use(**flags: Any) -> Settings:
    """`settings_of`, for commands of those who practise: their sentences come in the chosen language from now on."""
    from ..phrases import use_language

    settings = settings_of(**flags)
    use_language(settings.language)
    return settings
