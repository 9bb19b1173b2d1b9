"""Builds what touches the world from the settings, for every command; never decides anything about an answer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import SecretStr

from . import local_model
from .builtin import BuiltinDecider
from .calibrated import calibrate_decider
from .content import LiveLibrary, load_library
from .deciders import Models, asked_through, choose_decider
from .encoder import load
from .errors import ModelFileError, ProviderUnsupported, SettingsError
from .folders import bundled, cache_folder, data_folder
from .grading import Price
from .hearing import EndpointSpeech, EndpointTranscriber, LocalTranscriber, Transcriber, Voices
from .interview import Interviewer
from .llm import LLM, Endpoint, OpenAIEndpoint, Variables
from .panel import Panel
from .phrases import _
from .prompts import Prompts
from .readout import ReadoutDecider
from .replies import read_models
from .schema import Library, Limits
from .second import GIVEN_ON
from .settings import Settings

if TYPE_CHECKING:
    from .store import Store

__all__ = [
    "Asked",
    "describe_model",
    "list_paths",
    "open_asked",
    "open_library",
    "open_panel",
    "open_store",
    "open_voices",
    "pull_model",
    "read_price",
]

T = TypeVar("T")
Say = Callable[[str], None]
DEFAULT_CHAT_MODEL = "gpt-5.4-mini"
GRAMMAR = "interviewer/one_question.gbnf"


def open_library(settings: Settings) -> Library:
    """The shipped documents and those of the folders in the settings."""
    return load_library(_folders(settings))


def _folders(settings: Settings) -> list[Path]:
    return [bundled("content"), *settings.content]


def open_store(settings: Settings) -> Store:
    """Where interviews are kept; nothing is opened yet.

    Raises:
        StoreError: INTERVIEWER_DATABASE is no address of a database, or its driver isn't installed.
    """
    from .store import Store

    return Store.at(settings.database) if settings.database else Store(data_folder(settings.data) / "interviews")


@contextmanager
def open_panel(settings: Settings, *, say: Say = lambda _: None) -> Iterator[Panel]:
    """Who interviews and who grades, as the settings and what is there allow; ends the embedded model at the end.

    Args:
        settings: of this run.
        say: told what takes a while. What could not be had, and who grades instead, are the panel's notices.

    Raises:
        SettingsError: a decider or model asked for by name can't be had.
        ProviderError: the endpoint in the settings doesn't answer.
        ReplyError: what answers at its address is no endpoint.
        ContentError: a document is wrong.
    """
    documents, prompts = LiveLibrary(_folders(settings)), Prompts(settings.prompts)
    library = documents.library
    notices: list[str] = []
    with ExitStack() as stack:
        models = _models(settings, prompts, stack, say, notices)
        chat = models.chat or models.local
        if chat is None:
            notices.append(
                _(
                    "No language model: the follow-ups are the ones written in the document. "
                    "`interviewer model pull` fetches one, or set OPENAI_API_KEY or OPENAI_BASE_URL."
                )
            )
        asked = [models.decisions, models.local_decisions, *([models.chat.endpoint] if models.chat else [])]
        chosen = _run(choose_decider(settings.decider, models, model=settings.decider_model), *asked)
        decider = calibrate_decider(chosen.decider, settings.calibration, prompt_hash=prompts.hash("grader"))
        if settings.samples > 1 and decider.name != "chat":
            told = _("INTERVIEWER_SAMPLES={number} is for the chat grader: this one is asked once.")
            notices.append(told.format(number=settings.samples))
        reader = decider if isinstance(chosen.decider, BuiltinDecider) else BuiltinDecider(load())
        yield Panel(
            library=library,
            prompts=prompts,
            interviewer=Interviewer(prompts, chat, _grammar(chat, prompts)),
            decider=decider,
            reader=reader,
            ahead=chosen.decider if isinstance(chosen.decider, ReadoutDecider) else None,
            second=reader if settings.second_opinion and decider.name in GIVEN_ON else None,
            samples=settings.samples if decider.name == "chat" else 1,
            price=read_price(settings),
            limits=Limits(follow_ups=settings.follow_ups, minutes=settings.minutes),
            notices=(*notices, chosen.why),
            voices=open_voices(settings),
            documents=documents,
        )


@dataclass(frozen=True)
class Asked:
    """A model that grades, and where it is asked."""

    endpoint: Endpoint
    model: str
    local: bool
    """Whether it is the embedded one."""


@contextmanager
def open_asked(settings: Settings, *, say: Say = lambda _: None) -> Iterator[Asked]:
    """The model that the decider in the settings asks, tried once; ends the embedded model at the end.

    Raises:
        SettingsError: the decider can't be had, or asks no model.
        ProviderError: the endpoint in the settings doesn't answer.
    """
    prompts, notices = Prompts(settings.prompts), list[str]()
    with ExitStack() as stack:
        models = _models(settings, prompts, stack, say, notices)
        asked = [models.decisions, models.local_decisions, *([models.chat.endpoint] if models.chat else [])]
        chosen = _run(choose_decider(settings.decider, models, model=settings.decider_model), *asked)
        for notice in notices:
            say(notice)
        endpoint, local = asked_through(chosen.decider, models)
        yield Asked(endpoint, chosen.decider.model, local)


def _models(settings: Settings, prompts: Prompts, stack: ExitStack, say: Say, notices: list[str]) -> Models:
    """What there is to speak and grade with; the embedded model is only started when it is the one to use."""
    url, timeout_seconds = settings.decider_url, settings.timeout_seconds
    # A key goes only to the host it was given for.
    decisions = _endpoint(url, settings.decider_key, timeout_seconds) if url else None
    if settings.openai_api_key is not None or settings.openai_base_url is not None:
        endpoint = _endpoint(settings.openai_base_url, settings.openai_api_key, timeout_seconds)
        model = settings.model or _run(_default_model(endpoint), endpoint)
        return Models(prompts, chat=LLM(endpoint, model), decisions=decisions or endpoint, samples=settings.samples)
    server = _start_local(settings, stack, say, notices)
    if server is None:
        return Models(prompts, decisions=decisions)
    endpoint = _endpoint(server.base_url, SecretStr(server.api_key), timeout_seconds)
    if settings.local_model != "auto" and local_model.is_decision_model(Path(settings.local_model)):
        return Models(prompts, decisions=decisions, local_decisions=endpoint)
    return Models(prompts, decisions=decisions, local=LLM(endpoint, server.model, local=True))


def _start_local(settings: Settings, stack: ExitStack, say: Say, notices: list[str]) -> local_model.LocalServer | None:
    """The embedded model, running; None with a notice when there is none or it can't be loaded."""
    path = local_model.find(settings.local_model)
    if path is None:
        return None
    say(f"Loading {path.name} …")
    try:
        return stack.enter_context(local_model.start(path))
    except ModelFileError as failure:
        if settings.local_model != "auto":
            raise
        notices.append(str(failure))
        return None


def _endpoint(url: str | None, key: SecretStr | None, timeout_seconds: float) -> Endpoint:
    return OpenAIEndpoint(base_url=url, api_key=key.get_secret_value() if key else "", timeout_seconds=timeout_seconds)


def open_voices(settings: Settings) -> Voices:
    """What writes down spoken answers and reads lines aloud, as the settings say; nothing is asked of it yet.

    Raises:
        SettingsError: a model is named that there is no endpoint for, or a folder that can't be used.
    """
    name, transcriber, speech = settings.transcribe_model, None, None
    if name is not None:
        folder = Path(name).expanduser()
        local = folder.is_absolute() or folder.is_dir()
        transcriber = LocalTranscriber(folder.absolute()) if local else _remote_transcriber(settings, name)
    if settings.speech_model is not None:
        endpoint = _voice_endpoint(settings, "INTERVIEWER_SPEECH_MODEL")
        speech = EndpointSpeech(endpoint, settings.speech_model, settings.speech_voice)
    return Voices(transcriber, speech)


def _remote_transcriber(settings: Settings, model: str) -> Transcriber:
    return EndpointTranscriber(_voice_endpoint(settings, "INTERVIEWER_TRANSCRIBE_MODEL"), model)


def _voice_endpoint(settings: Settings, variable: str) -> OpenAIEndpoint:
    """The endpoint for speech; a key goes only to the host it was given for."""
    url, key = settings.voice_url, settings.voice_key
    names = Variables("INTERVIEWER_VOICE_URL", "INTERVIEWER_VOICE_KEY", variable)
    if url is None:
        url, key = settings.openai_base_url, settings.openai_api_key
        names = Variables(model=variable)
    if url is None and key is None:
        raise SettingsError(
            f"{variable} names a model, but there is no endpoint to ask for it: "
            "set INTERVIEWER_VOICE_URL, OPENAI_BASE_URL or OPENAI_API_KEY, or unset it."
        )
    return OpenAIEndpoint(
        base_url=url,
        api_key=key.get_secret_value() if key else "",
        timeout_seconds=settings.timeout_seconds,
        variables=names,
    )


def _run(work: Coroutine[Any, Any, T], *endpoints: Endpoint | None) -> T:
    """What the work returns; the connections it made end with its event loop, and a later request makes new ones."""

    async def run_and_close() -> T:
        try:
            return await work
        finally:
            for endpoint in endpoints:
                if isinstance(endpoint, OpenAIEndpoint):
                    await endpoint.close()

    return asyncio.run(run_and_close())


async def _default_model(endpoint: Endpoint) -> str:
    """The endpoint's first chat model by its own list, the usual one when it lists that or nothing.

    Raises:
        ProviderError: it doesn't answer.
        ReplyError: what it answers is no list of models: a web page, as a rule.
    """
    try:
        names = read_models(await endpoint.send("models", {}))
    except ProviderUnsupported:
        return DEFAULT_CHAT_MODEL
    return DEFAULT_CHAT_MODEL if DEFAULT_CHAT_MODEL in names or not names else names[0]


def _grammar(chat: LLM | None, prompts: Prompts) -> str:
    return prompts.source(GRAMMAR).read_text(encoding="utf-8") if chat is not None and chat.local else ""


def read_price(settings: Settings) -> Price | None:
    """What tokens cost; None unless the settings say it for prompt and completion."""
    if settings.price_input is None or settings.price_output is None:
        return None
    cached = settings.price_input if settings.price_cached is None else settings.price_cached
    return Price(prompt=settings.price_input, cached=cached, completion=settings.price_output)


# ── commands without an interview ────────────────────────────────────────────────────────────────────


def list_paths(settings: Settings) -> list[tuple[str, str, Path | str]]:
    """(kind, name, place) of every document and template in use, and of what is written to.

    A place is a path, or the address of a database without names and passwords.
    """
    library, prompts = open_library(settings), Prompts(settings.prompts)
    documents = [
        *(("question", one.id, Path(one.source)) for one in library.questions.values()),
        *(("example", one.id, Path(one.source)) for one in library.examples.values()),
        *(("guide", one.id, Path(one.source)) for one in library.guides.values()),
    ]
    templates = [("template", name, prompts.source(name)) for name in prompts.names()]
    store = open_store(settings)
    interviews = ("folder", store.folder) if store.folder else ("database", store.place)
    return [
        *documents,
        *templates,
        (interviews[0], "interviews", interviews[1]),
        ("folder", "cache", cache_folder(settings.cache)),
    ]


def pull_model(settings: Settings, *, progress: Callable[[int, int], None]) -> str:
    """Fetches and verifies the embedded model; a sentence about where it is."""
    return f"{local_model.pull(progress, source=settings.model_source)}: there and verified."


def describe_model(settings: Settings) -> list[tuple[str, str]]:
    """What is known of the embedded model here."""
    told = local_model.model_info()
    return [
        ("name", told.name),
        ("file", str(told.path)),
        ("size", f"{told.size:,} of {told.expected_size:,} bytes"),
        ("sha256", told.sha256),
        ("verified", "yes" if told.verified else "no: run `interviewer model pull`"),
        ("licence", told.licence),
        ("source", told.source),
    ]
