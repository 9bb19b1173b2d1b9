"""Chooses who grades, by settings and by asking the endpoint, and says why; never falls back in silence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .builtin import BuiltinDecider
from .chat_decider import ChatDecider
from .decisions_api import OpenAIDecider, SystemOneDecider
from .encoder import load
from .errors import ProviderBusy, ProviderError, ReplyError, SettingsError
from .llm import LLM, Endpoint
from .prompts import Prompts
from .readout import ReadoutDecider
from .schema import Calibration, Decider, Predicate, State

__all__ = ["Chosen", "Models", "choose_decider"]

DECISION_MODELS = ("gpt-6-luna", "jev", "clef", "laya", "kev", "solar-decide")
"""Beginnings of the names under which endpoints list decision models."""
_PROBE = Predicate(name="ready", kind="star", criterion="The text says yes.", instructions="The text says yes.")
_SAID_YES = State(asked="Ready?", sentences=(), text="Yes.")


@dataclass(frozen=True)
class Models:
    """What there is to grade with."""

    prompts: Prompts
    chat: LLM | None = None
    """A remote chat model."""
    decisions: Endpoint | None = None
    """Where a decision model may be: the chat model's endpoint, or one of its own."""
    local: LLM | None = None
    """The embedded chat model."""
    local_decisions: Endpoint | None = None
    """The embedded decision model, when the local file is one."""


@dataclass(frozen=True)
class Chosen:
    """Who grades, and why."""

    decider: Decider
    why: str
    """One sentence for the page; names what was tried and didn't do."""


async def choose_decider(wanted: str, models: Models, *, model: str | None = None) -> Chosen:
    """The decider that settings ask for, or the best one that answers.

    Args:
        wanted: `auto` or a decider's name.
        models: what there is.
        model: name of the decision model, when settings give one.

    Raises:
        SettingsError: the decider asked for by name can't work here.
    """
    if wanted == "builtin":
        return Chosen(BuiltinDecider(load()), "The built-in grader was asked for.")
    if wanted == "chat":
        if models.chat is None:
            raise SettingsError("INTERVIEWER_DECIDER=chat needs a chat model: set OPENAI_API_KEY or OPENAI_BASE_URL.")
        return Chosen(ChatDecider(models.chat, models.prompts), "The chat model grades, as asked for.")
    if wanted == "readout":
        return _readout(models, "The embedded model's probabilities grade, as asked for.")
    if wanted in ("openai", "systemone"):
        return await _forced(wanted, models, model)
    return await _found(models, model)


def _readout(models: Models, why: str) -> Chosen:
    llm = models.local or models.chat
    if llm is None:
        raise SettingsError(
            "INTERVIEWER_DECIDER=readout needs a model that gives log-probabilities: run `interviewer model pull`, "
            "or set OPENAI_BASE_URL."
        )
    return Chosen(ReadoutDecider(llm, models.prompts, pointer=BuiltinDecider(load())), why)


async def _forced(wanted: str, models: Models, model: str | None) -> Chosen:
    endpoint = models.local_decisions if wanted == "systemone" else None
    endpoint = endpoint or models.decisions
    if endpoint is None:
        raise SettingsError(
            f"INTERVIEWER_DECIDER={wanted} needs an endpoint: set OPENAI_BASE_URL or INTERVIEWER_DECIDER_URL"
            + (", or INTERVIEWER_LOCAL_MODEL to a decision model's file." if wanted == "systemone" else ".")
        )
    decider = _decision_decider(wanted, endpoint, model or await _listed(endpoint) or DECISION_MODELS[0])
    failure = await _try(decider)
    if failure:
        raise SettingsError(f"INTERVIEWER_DECIDER={wanted} does not work at {endpoint.host}: {failure}")
    return Chosen(decider, f"The decision model {decider.model} grades, as asked for.")


async def _found(models: Models, model: str | None) -> Chosen:
    """The best that answers: a decision model, else the chat model, else the embedded one, else the built-in."""
    tried: list[str] = []
    if models.decisions is not None:
        name = model or await _listed(models.decisions)
        for kind in ("openai", "systemone") if name else ():
            decider = _decision_decider(kind, models.decisions, name or "")
            failure = await _try(decider)
            if not failure:
                return Chosen(decider, f"The decision model {decider.model} at {models.decisions.host} grades.")
            tried.append(f"{kind}: {failure}")
    if models.chat is not None:
        why = "The chat model grades: its endpoint lists no decision model."
        if tried:
            why = f"The chat model grades, since the decision model {model} did not answer ({'; '.join(tried)})."
        return Chosen(ChatDecider(models.chat, models.prompts), why)
    if models.local_decisions is not None:
        decider = _decision_decider("systemone", models.local_decisions, model or "local")
        return Chosen(decider, "The decision model on this machine grades.")
    return _better_of_own(models)


def _better_of_own(models: Models) -> Chosen:
    """Of the two that need no endpoint, the one that agreed better with raters; the built-in one when equal."""
    builtin = BuiltinDecider(load())
    if models.local is None:
        return Chosen(builtin, "The built-in grader grades: there is no model to ask.")
    readout = _readout(models, "The embedded model's probabilities grade: they agree best with raters.")
    if _agreed(readout.decider) > _agreed(builtin):
        return readout
    return Chosen(builtin, "The built-in grader grades: it agrees better with raters than the embedded model does.")


def _agreed(decider: Decider) -> float:
    """Key-point macro-F1 against raters' labels; 0 when nobody measured it."""
    agreement = decider.calibration.agreement
    return agreement.key_point_macro_f1 if agreement else 0.0


def _decision_decider(kind: str, endpoint: Endpoint, model: str) -> OpenAIDecider | SystemOneDecider:
    make = OpenAIDecider if kind == "openai" else SystemOneDecider
    return make(endpoint, model, Calibration())


async def _listed(endpoint: Endpoint) -> str:
    """The first decision model that the endpoint lists, or an empty string."""
    try:
        listed = (await endpoint.send("models", {})).get("data")
    except (ProviderError, ReplyError):
        return ""
    names = [str(one.get("id", "")) for one in listed if isinstance(one, dict)] if isinstance(listed, Sequence) else []
    return next((name for name in names if name.rpartition("/")[2].casefold().startswith(DECISION_MODELS)), "")


async def _try(decider: OpenAIDecider | SystemOneDecider) -> str:
    """Asks one tiny question; why it can't be answered, or an empty string."""
    try:
        async for decision in decider.decide(_SAID_YES, [_PROBE]):
            return decision.refusal
    except ProviderBusy:
        return ""  # it is there, only not at this moment
    except (ProviderError, ReplyError) as failure:
        return str(failure)
    return "it gave no answer."
