"""Chooses who grades, by settings and by asking the endpoint, and says why; never falls back in silence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .builtin import BuiltinDecider
from .chat_decider import ChatDecider
from .decisions_api import OpenAIDecider, SystemOneDecider
from .encoder import load
from .errors import ProviderBusy, ProviderError, ProviderUnsupported, ReplyError, SettingsError
from .llm import LLM, Endpoint
from .phrases import _
from .prompts import Prompts
from .readout import ReadoutDecider
from .replies import read_models
from .sampling import SAMPLING_TEMPERATURE, SampledDecider
from .schema import Agreement, Calibration, Decider, DeciderName, Predicate, State

__all__ = ["Chosen", "Models", "asked_through", "choose_decider", "decider_over", "sampled_over"]

DECISION_MODELS = ("gpt-6-luna", "jev", "openjev", "clef", "laya", "kev-", "solar-decide", "sarvam-prism", "d1-omni")
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
    samples: int = 1
    """How many times a chat model is asked about each answer."""


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
        return Chosen(BuiltinDecider(load()), _("The built-in grader was asked for."))
    if wanted == "chat":
        if models.chat is None:
            raise SettingsError("INTERVIEWER_DECIDER=chat needs a chat model: set OPENAI_API_KEY or OPENAI_BASE_URL.")
        why = _("The chat model grades, as asked for{samples}.").format(samples=_say_samples(models))
        return Chosen(_chat(models.chat, models), why)
    if wanted == "readout":
        return _forced_readout(models)
    if wanted in ("openai", "systemone"):
        return await _forced(wanted, models, model)
    return await _found(models, model)


def decider_over(
    name: DeciderName, endpoint: Endpoint, model: str, prompts: Prompts, *, local: bool = False
) -> Decider:
    """The decider of that name, asking this model at this endpoint, a recording as a rule; asks nothing yet.

    Args:
        name: any but `builtin` asks the endpoint.
        endpoint: where the model is, or was.
        model: as requests name it.
        prompts: wording of the questions.
        local: whether it is the embedded model, which is asked a little differently.
    """
    if name == "builtin":
        return BuiltinDecider(load())
    if name in ("openai", "systemone"):
        return _decision_decider(name, endpoint, model)
    llm = LLM(endpoint, model, local=local)
    return ChatDecider(llm, prompts) if name == "chat" else ReadoutDecider(llm, prompts, builtin=BuiltinDecider(load()))


def sampled_over(endpoints: Sequence[Endpoint], model: str, prompts: Prompts) -> Decider:
    """The chat decider with one sample through each of these endpoints, two or more; asks nothing yet."""
    return SampledDecider(
        [ChatDecider(LLM(one, model), prompts, temperature=SAMPLING_TEMPERATURE) for one in endpoints]
    )


def asked_through(decider: Decider, models: Models) -> tuple[Endpoint, bool]:
    """The endpoint that a chosen decider asks, and whether the model there is the embedded one.

    Raises:
        SettingsError: it asks none.
    """
    llm = models.local if decider.name == "readout" else models.chat
    if decider.name in ("chat", "readout") and llm is not None:
        return llm.endpoint, llm.local
    endpoint = (models.local_decisions if decider.name == "systemone" else None) or models.decisions
    if decider.name in ("openai", "systemone") and endpoint is not None:
        return endpoint, False
    raise SettingsError(f"The {decider.name} grader asks no model: it always runs on this machine.")


def _chat(llm: LLM, models: Models) -> Decider:
    if models.samples == 1:
        return ChatDecider(llm, models.prompts)
    return sampled_over([llm.endpoint] * models.samples, llm.model, models.prompts)


def _say_samples(models: Models) -> str:
    return _(", {number} samples a verdict").format(number=models.samples) if models.samples > 1 else ""


def _forced_readout(models: Models) -> Chosen:
    needs = "INTERVIEWER_DECIDER=readout needs the embedded model"
    if models.local is None:
        raise SettingsError(f"{needs}: run `interviewer model pull`, and leave OPENAI_BASE_URL unset.")
    readout = ReadoutDecider(models.local, models.prompts, builtin=BuiltinDecider(load()))
    if not readout.looks:
        raise SettingsError(
            f"{needs} that it was fitted to, and this is {models.local.model}: unset INTERVIEWER_LOCAL_MODEL."
        )
    return Chosen(readout, _("The built-in grader and the embedded model's second look grade, as asked for."))


async def _forced(wanted: str, models: Models, model: str | None) -> Chosen:
    endpoint = models.local_decisions if wanted == "systemone" else None
    endpoint = endpoint or models.decisions
    if endpoint is None:
        raise SettingsError(
            f"INTERVIEWER_DECIDER={wanted} needs an endpoint: set OPENAI_BASE_URL or INTERVIEWER_DECIDER_URL"
            + (", or INTERVIEWER_LOCAL_MODEL to a decision model's file." if wanted == "systemone" else ".")
        )
    decider = _decision_decider(wanted, endpoint, model or (await _listed(endpoint))[0] or DECISION_MODELS[0])
    failure = await _try(decider)
    if failure:
        raise SettingsError(f"INTERVIEWER_DECIDER={wanted} does not work at {endpoint.host}: {failure}")
    return Chosen(decider, _("The decision model {model} grades, as asked for.").format(model=decider.model))


async def _found(models: Models, model: str | None) -> Chosen:
    """The best that answers: a decision model, else the chat model, else the embedded one, else the built-in."""
    failed = ""
    if models.decisions is not None:
        host = models.decisions.host
        name, failed = (model, "") if model else await _listed(models.decisions)
        tried: list[str] = []
        for kind in ("openai", "systemone") if name else ():
            decider = _decision_decider(kind, models.decisions, name)
            failure = await _try(decider)
            if not failure:
                return Chosen(decider, _("The decision model {model} at {host} grades.").format(model=name, host=host))
            tried.append(f"{kind}: {failure.rstrip('.')}")
        if tried:
            told = _("The decision model {model} at {host} did not answer ({why}).")
            failed = told.format(model=name, host=host, why="; ".join(tried))
    chosen = _next_best(models, model)
    return Chosen(chosen.decider, f"{chosen.why} {failed}".rstrip())


def _next_best(models: Models, model: str | None) -> Chosen:
    """Without a decision model elsewhere: the chat model, else one on this machine."""
    if models.chat is not None:
        told = _("The chat model {model} grades{samples}.")
        return Chosen(_chat(models.chat, models), told.format(model=models.chat.model, samples=_say_samples(models)))
    if models.local_decisions is not None:
        decider = _decision_decider("systemone", models.local_decisions, model or "local")
        return Chosen(decider, _("The decision model on this machine grades."))
    builtin = BuiltinDecider(load())
    if models.local is None:
        return Chosen(builtin, _("The built-in grader grades: there is no model to ask."))
    readout = ReadoutDecider(models.local, models.prompts, builtin=builtin)
    if readout.looks and _figure(readout.calibration.agreement) > _figure(builtin.calibration.agreement):
        why = _(
            "The built-in grader and the embedded model's second look grade: together they agree better with raters."
        )
        return Chosen(readout, why)
    return Chosen(
        builtin,
        _("The built-in grader grades: it agrees no better with raters after the embedded model's second look."),
    )


def _figure(agreement: Agreement | None) -> float:
    """Key-point macro-F1 against raters' labels; 0 when nobody measured it."""
    return agreement.key_point_macro_f1 if agreement else 0.0


def _decision_decider(kind: str, endpoint: Endpoint, model: str) -> OpenAIDecider | SystemOneDecider:
    make = OpenAIDecider if kind == "openai" else SystemOneDecider
    return make(endpoint, model, Calibration())


async def _listed(endpoint: Endpoint) -> tuple[str, str]:
    """The first decision model that the endpoint lists, and why there is none: one of the two is empty."""
    try:
        names = read_models(await endpoint.send("models", {}))
    except ProviderUnsupported:
        names = ()
    except (ProviderError, ReplyError) as failure:
        return "", _("No decision model was found: {why}").format(why=failure)
    found = next((name for name in names if name.rpartition("/")[2].casefold().startswith(DECISION_MODELS)), "")
    return found, "" if found else _("{host} lists no decision model.").format(host=endpoint.host)


async def _try(decider: OpenAIDecider | SystemOneDecider) -> str:
    """Asks one tiny question; why it can't be answered, or an empty string."""
    try:
        refusals = [decision.refusal async for decision in decider.decide(_SAID_YES, [_PROBE])]
    except ProviderBusy:
        return ""  # it is there, only not at this moment
    except (ProviderError, ReplyError) as failure:
        return str(failure)
    return refusals[0]
