"""Who grades is found out by asking; what was asked for by name works or is refused; no fallback is silent."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from shipped import PROMPTS

from interviewer import deciders, local_model
from interviewer.builtin import BuiltinDecider
from interviewer.deciders import Models, choose_decider
from interviewer.errors import ProviderBusy, ProviderUnreachable, ProviderUnsupported, SettingsError
from interviewer.llm import LLM, Api
from interviewer.readout import ReadoutDecider
from interviewer.schema import Agreement, Calibration

MODELS = {"data": [{"id": "gpt-5.4-mini"}, {"id": "vendor/gpt-6-luna-2026"}]}
OPENAI = {"answers": [{"type": "predicate", "name": "ready", "probability": 0.9}]}
SYSTEMONE = {"answers": {"ready": {"type": "noul", "noul": 0.9}}}
GONE = ProviderUnsupported("host.example doesn't have this API.")


class Host:
    """An endpoint that has some APIs and lacks the rest; keeps what it was asked."""

    def __init__(self, name: str = "host.example", **has: Any) -> None:
        self.host = name
        self.has = has
        self.asked: list[tuple[str, Any]] = []

    async def send(self, api: Api, body: dict[str, Any]) -> dict[str, Any]:
        self.asked.append((api, body.get("model")))
        reply = self.has.get(api, GONE)
        if isinstance(reply, Exception):
            raise reply
        return dict(reply)

    def stream(self, body: dict[str, Any]) -> AsyncIterator[dict[str, Any]]:
        raise AssertionError("choosing a grader streams nothing")


def llm(host: Host | None = None) -> LLM:
    return LLM(host or Host(), "chatty")


def embedded() -> LLM:
    return LLM(Host(), local_model.MODEL.file.removesuffix(".gguf"), local=True)


@pytest.mark.parametrize(
    ("models", "model", "name", "graded_by", "why"),
    [
        (Models(PROMPTS), None, "builtin", "", "there is no model to ask"),
        (Models(PROMPTS, chat=llm()), None, "chat", "chatty", "The chat model chatty grades."),
        (
            Models(PROMPTS, chat=llm(), decisions=Host(models=MODELS, decisions=OPENAI)),
            None, "openai", "vendor/gpt-6-luna-2026", "The decision model vendor/gpt-6-luna-2026 at host.example",
        ),
        (
            Models(PROMPTS, chat=llm(), decisions=Host(models=MODELS, systemone=SYSTEMONE)),
            None, "systemone", "vendor/gpt-6-luna-2026", "The decision model vendor/gpt-6-luna-2026 at host.example",
        ),
        (
            Models(PROMPTS, chat=llm(), decisions=Host(systemone=SYSTEMONE)),
            "mine", "systemone", "mine", "The decision model mine at host.example grades.",
        ),
        (
            Models(PROMPTS, chat=llm(), decisions=Host(models={"data": [{"id": "gpt-5.4-mini"}]}, decisions=OPENAI)),
            None, "chat", "chatty", "The chat model chatty grades. host.example lists no decision model.",
        ),
        (
            Models(PROMPTS, chat=llm(), decisions=Host(models=MODELS)),
            None, "chat", "chatty", "(openai: host.example doesn't have this API; systemone: host",
        ),
        (
            Models(PROMPTS, decisions=Host(decisions=ProviderUnreachable("host.example can't be reached."))),
            "mine", "builtin", "", "The decision model mine at host.example did not answer (openai: host.example can't",
        ),
        (
            Models(PROMPTS, chat=llm(), decisions=Host(models=MODELS, decisions={"answers": [{"type": "refusal"}]})),
            None, "chat", "chatty", "declined",
        ),
        (
            Models(PROMPTS, chat=llm(), decisions=Host(models=MODELS, decisions=ProviderBusy("busy"))),
            None, "openai", "vendor/gpt-6-luna-2026", "grades",
        ),
        (
            Models(PROMPTS, local_decisions=Host("127.0.0.1:1")),
            None, "systemone", "local", "The decision model on this machine grades.",
        ),
        (
            Models(PROMPTS, chat=llm(), decisions=Host(models=ProviderUnreachable("host.example can't be reached."))),
            None, "chat", "chatty", "No decision model was found: host.example can't be reached.",
        ),
        (Models(PROMPTS, chat=llm(), decisions=Host(models={"data": "odd"})), None, "chat", "chatty", "lists no"),
        (Models(PROMPTS, chat=llm(), decisions=Host(models={"data": [3, {}]})), None, "chat", "chatty", "lists no"),
    ],
)  # fmt: skip
async def test_the_best_grader_that_answers_is_found_and_what_failed_is_said(
    models: Models, model: str | None, name: str, graded_by: str, why: str
) -> None:
    chosen = await choose_decider("auto", models, model=model)
    assert chosen.decider.name == name
    assert why in chosen.why
    assert graded_by in ("", chosen.decider.model)


@pytest.mark.parametrize(
    ("readout", "builtin", "looks", "name"),
    [
        (0.6, 0.5, True, "readout"),
        (0.5, 0.6, True, "builtin"),
        (0.5, 0.5, True, "builtin"),
        (0.6, 0.5, False, "builtin"),  # the model has no weight: it is the built-in under another name
    ],
)
async def test_of_the_two_on_this_machine_the_one_that_agrees_better_with_raters_grades(
    readout: float, builtin: float, looks: bool, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def agreement(figure: float) -> Calibration:
        return Calibration(
            agreement=Agreement(
                labellers="made up", split="made up", measured="2026-01-01",
                key_point_macro_f1=figure, key_point_coverage=1.0, red_flag_f1=0.5,
            )
        )  # fmt: skip

    class Readout(ReadoutDecider):
        calibration = agreement(readout)

        @property
        def looks(self) -> bool:
            return looks

        def __init__(self, *_: Any, **__: Any) -> None:
            """Loads nothing."""

    class Builtin(BuiltinDecider):
        calibration = agreement(builtin)

        def __init__(self, *_: Any) -> None:
            """Loads nothing."""

    monkeypatch.setattr(deciders, "ReadoutDecider", Readout)
    monkeypatch.setattr(deciders, "BuiltinDecider", Builtin)
    chosen = await choose_decider("auto", Models(PROMPTS, local=llm()))
    assert chosen.decider.name == name
    assert "agree" in chosen.why


@pytest.mark.parametrize(
    ("wanted", "models", "model"),
    [
        ("builtin", Models(PROMPTS, chat=llm(), decisions=Host(models=MODELS, decisions=OPENAI)), None),
        ("chat", Models(PROMPTS, chat=llm(), decisions=Host(models=MODELS, decisions=OPENAI)), None),
        ("readout", Models(PROMPTS, local=embedded()), None),
        ("openai", Models(PROMPTS, decisions=Host(models=MODELS, decisions=OPENAI)), None),
        ("openai", Models(PROMPTS, decisions=Host(decisions=OPENAI)), "mine"),
        ("systemone", Models(PROMPTS, decisions=Host(models=MODELS, decisions=OPENAI, systemone=SYSTEMONE)), None),
        ("systemone", Models(PROMPTS, local_decisions=Host(systemone=SYSTEMONE)), None),
    ],
)
async def test_a_grader_asked_for_by_name_is_taken_where_it_works(
    wanted: str, models: Models, model: str | None
) -> None:
    chosen = await choose_decider(wanted, models, model=model)
    assert chosen.decider.name == wanted
    assert "asked for" in chosen.why
    if model:
        assert chosen.decider.model == model


@pytest.mark.parametrize(
    ("wanted", "models", "told"),
    [
        ("chat", Models(PROMPTS, local=llm()), "OPENAI_API_KEY"),
        ("readout", Models(PROMPTS), "interviewer model pull"),
        ("readout", Models(PROMPTS, chat=embedded()), "interviewer model pull"),
        ("readout", Models(PROMPTS, local=llm()), "this is chatty: unset INTERVIEWER_LOCAL_MODEL"),
        ("openai", Models(PROMPTS, chat=llm()), "INTERVIEWER_DECIDER_URL"),
        ("openai", Models(PROMPTS, decisions=Host(models=MODELS, systemone=SYSTEMONE)), "does not work at host"),
        ("openai", Models(PROMPTS, local_decisions=Host(systemone=SYSTEMONE)), "needs an endpoint"),
        ("systemone", Models(PROMPTS), "INTERVIEWER_LOCAL_MODEL"),
        ("systemone", Models(PROMPTS, decisions=Host(models=MODELS, decisions=OPENAI)), "does not work at host"),
    ],
)  # fmt: skip
async def test_a_grader_asked_for_by_name_that_cant_work_is_a_clear_error(
    wanted: str, models: Models, told: str
) -> None:
    with pytest.raises(SettingsError, match=told) as caught:
        await choose_decider(wanted, models)
    assert f"INTERVIEWER_DECIDER={wanted}" in str(caught.value)


async def test_a_decision_model_named_in_the_settings_is_not_looked_up() -> None:
    host = Host(models=MODELS, decisions=OPENAI)
    await choose_decider("auto", Models(PROMPTS, decisions=host), model="mine")
    assert host.asked == [("decisions", "mine")]


async def test_forcing_the_builtin_grader_asks_no_endpoint() -> None:
    host = Host(models=MODELS, decisions=OPENAI)
    await choose_decider("builtin", Models(PROMPTS, chat=llm(host), decisions=host))
    assert host.asked == []
