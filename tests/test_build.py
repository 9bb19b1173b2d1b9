"""What the settings ask for is what sits at the table; a key goes to its own host; nothing missing is passed over."""

from __future__ import annotations

import asyncio
import types
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import respx
import wire
from shipped import PROMPTS, QUESTION

from interviewer import local_model
from interviewer.build import list_paths, open_panel, open_store
from interviewer.errors import ContentError, ModelFileError, ProviderUnreachable, ReplyError, SettingsError
from interviewer.grading import questions_for
from interviewer.llm import OpenAIEndpoint
from interviewer.panel import Panel
from interviewer.sampling import SampledDecider
from interviewer.settings import Settings

ELSEWHERE = "https://decisions.example/v1"
EMBEDDED = "http://127.0.0.1:4321"
READY = {"answers": {"ready": {"type": "noul", "noul": 0.9}}}


@contextmanager
def seated(**flags: Any) -> Iterator[tuple[Panel, list[str]]]:
    """The panel for these settings, and what was said while it was made."""
    said: list[str] = []
    with open_panel(Settings(**flags), say=said.append) as panel:
        yield panel, said


def models(*names: str) -> httpx.Response:
    return httpx.Response(200, json={"object": "list", "data": [{"id": name, "object": "model"} for name in names]})


def keys_sent(host: respx.MockRouter) -> set[str]:
    return {call.request.headers["authorization"] for call in host.calls}


@pytest.fixture
def embedded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An embedded model that is there and only pretends to run."""
    path = tmp_path / "small.gguf"
    path.touch()

    def start(path: Path) -> local_model.LocalServer:
        server = types.SimpleNamespace(listening_address=EMBEDDED)
        return local_model.LocalServer(server, model=path.stem, api_key="own", slots=2, threads=1)

    monkeypatch.setattr(local_model, "find", lambda _: path)
    monkeypatch.setattr(local_model, "start", start)
    monkeypatch.setattr(local_model, "is_decision_model", lambda _: False)
    return path


def test_without_any_model_the_document_speaks_the_builtin_grades_and_both_are_said() -> None:
    with seated() as (panel, said):
        assert (panel.interviewer.name, panel.decider.name) == ("document", "builtin")
        assert panel.reader is panel.decider
    assert "No language model" in panel.notices[0] and "interviewer model pull" in panel.notices[0]
    assert panel.notices[-1] == "The built-in grader grades: there is no model to ask."
    assert said == []


def test_limits_and_prices_are_the_settings() -> None:
    with seated(follow_ups=1, minutes=5, price_input=2, price_output=8) as (panel, _):
        assert (panel.limits.follow_ups, panel.limits.minutes) == (1, 5)
        assert panel.price and (panel.price.prompt, panel.price.cached, panel.price.completion) == (2, 2, 8)
    with seated(price_input=2) as (panel, _):
        assert panel.price is None


@pytest.mark.parametrize(
    ("reply", "model"),
    [
        (models("llama-4", "gpt-5.4-nano"), "llama-4"),
        (models("llama-4", "gpt-5.4-mini"), "gpt-5.4-mini"),
        (models(), "gpt-5.4-mini"),
        (httpx.Response(200, json={"data": "odd"}), "gpt-5.4-mini"),
        (wire.failure(404), "gpt-5.4-mini"),
    ],
)
def test_the_chat_model_is_the_usual_one_or_the_first_that_the_endpoint_lists(
    reply: httpx.Response, model: str
) -> None:
    with wire.mock_host() as host:
        host.get("/models").mock(return_value=reply)
        with seated(openai_base_url=wire.BASE_URL) as (panel, _):
            assert (panel.interviewer.name, panel.decider.name) == (model, "chat")
            assert panel.interviewer.grammar == ""


def test_a_chat_model_named_in_the_settings_is_taken_at_its_word() -> None:
    with wire.mock_host() as host:
        host.get("/models").mock(return_value=models("llama-4"))
        with seated(openai_base_url=wire.BASE_URL, model="mine") as (panel, _):
            assert panel.interviewer.name == panel.decider.model == "mine"


def test_the_builtin_grader_gives_a_second_opinion_on_what_a_model_grades_unless_turned_off() -> None:
    with wire.mock_host() as host:
        host.get("/models").mock(return_value=models("llama-4"))
        with seated(openai_base_url=wire.BASE_URL, model="mine") as (panel, _):
            assert panel.second is panel.reader is not None
        with seated(openai_base_url=wire.BASE_URL, model="mine", second_opinion=False) as (panel, _):
            assert panel.second is None and panel.reader is not None
    with seated() as (panel, _):
        assert panel.decider.name == "builtin" and panel.second is None


def test_samples_are_taken_of_a_chat_model_and_said_to_count_for_no_other() -> None:
    with wire.mock_host() as host:
        host.get("/models").mock(return_value=models("llama-4"))
        with seated(openai_base_url=wire.BASE_URL, model="mine", samples=3) as (panel, _):
            assert isinstance(panel.decider, SampledDecider) and panel.samples == len(panel.decider.samples) == 3
            assert panel.notices[-1].startswith("The chat model mine grades, 3 samples a verdict.")
    with seated(samples=3) as (panel, _):
        assert panel.samples == 1
        assert "INTERVIEWER_SAMPLES=3 is for the chat grader: this one is asked once." in panel.notices


def test_an_endpoint_that_cannot_be_reached_is_an_error_and_not_a_fallback() -> None:
    with wire.mock_host() as host:
        host.get("/models").mock(side_effect=httpx.ConnectError("refused"))
        with (
            pytest.raises(ProviderUnreachable, match=f"{wire.HOST} can't be reached"),
            seated(openai_base_url=wire.BASE_URL),
        ):
            pass


def test_a_web_page_at_the_address_is_told_from_an_endpoint() -> None:
    with wire.mock_host() as host:
        host.get("/models").mock(return_value=httpx.Response(200, html="<html>Welcome</html>"))
        with pytest.raises(ReplyError, match="is this an OpenAI-compatible API"), seated(openai_base_url=wire.BASE_URL):
            pass


def test_a_decision_model_still_answers_after_the_event_loop_it_was_tried_in() -> None:
    with wire.mock_host() as host:
        host.get("/models").mock(return_value=models("llama-4", "laya"))
        host.post("/decisions").mock(return_value=wire.failure(404))
        asked = host.post("/systemone").mock(return_value=httpx.Response(200, json=READY))
        with seated(openai_base_url=wire.BASE_URL) as (panel, _):
            assert (panel.decider.name, panel.decider.model) == ("systemone", "laya")
            state, questions = questions_for(QUESTION, ["I stayed calm."], [QUESTION.question], PROMPTS)

            async def decide() -> int:
                return len([decision async for decision in panel.decider.decide(state, questions)])

            assert asyncio.run(decide()) == asyncio.run(decide()) == len(questions)
        assert len(asked.calls) >= 3


@pytest.mark.parametrize(("key", "sent"), [("sk-own", "Bearer sk-own"), (None, "Bearer none-needed")])
def test_a_key_goes_only_to_the_host_it_was_given_for(key: str | None, sent: str) -> None:
    with wire.mock_host() as host, wire.mock_host(ELSEWHERE) as elsewhere:
        host.get("/models").mock(return_value=models("llama-4"))
        elsewhere.get("/models").mock(return_value=models("laya"))
        elsewhere.post("/decisions").mock(return_value=wire.failure(404))
        elsewhere.post("/systemone").mock(return_value=httpx.Response(200, json=READY))
        flags = {"openai_base_url": wire.BASE_URL, "openai_api_key": wire.KEY, "decider_url": ELSEWHERE}
        with seated(**flags, decider_key=key) as (panel, _):
            assert (panel.interviewer.name, panel.decider.name) == ("llama-4", "systemone")
        assert keys_sent(host) == {f"Bearer {wire.KEY}"}
        assert keys_sent(elsewhere) == {sent}


def test_the_embedded_model_speaks_in_its_grammar_and_ends_with_the_panel(embedded: Path) -> None:
    with seated() as (panel, said):
        llm = panel.interviewer.llm
        assert llm and llm.local and llm.model == "small" and llm.endpoint.host == "127.0.0.1:4321"
        assert panel.interviewer.grammar == PROMPTS.source("interviewer/one_question.gbnf").read_text(encoding="utf-8")
        assert said == ["Loading small.gguf …"]
        assert not any("No language model" in notice for notice in panel.notices)


def test_the_embedded_model_is_stopped_when_something_goes_wrong_later(
    embedded: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed: list[str] = []
    monkeypatch.setattr(local_model.LocalServer, "close", lambda server: closed.append(server.model))
    with pytest.raises(SettingsError, match="INTERVIEWER_DECIDER=openai"), seated(decider="openai"):
        pass
    assert closed == ["small"]


def test_an_endpoint_in_the_settings_leaves_the_embedded_model_asleep(embedded: Path) -> None:
    with wire.mock_host() as host:
        host.get("/models").mock(return_value=models("llama-4"))
        with seated(openai_base_url=wire.BASE_URL) as (panel, said):
            assert panel.interviewer.name == "llama-4" and said == []


def test_an_embedded_decision_model_grades_even_where_another_hosts_address_is_set(
    embedded: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local_model, "is_decision_model", lambda _: True)
    with wire.mock_host(f"{EMBEDDED}/v1") as here, wire.mock_host(ELSEWHERE) as elsewhere:
        here.get("/models").mock(return_value=models("laya"))
        asked = here.post("/systemone").mock(return_value=httpx.Response(200, json=READY))
        with seated(local_model=str(embedded), decider="systemone", decider_url=ELSEWHERE) as (panel, _):
            assert (panel.interviewer.name, panel.decider.name) == ("document", "systemone")
            tried = len(asked.calls)
            state, questions = questions_for(QUESTION, ["I stayed calm."], [QUESTION.question], PROMPTS)

            async def decide() -> None:
                async for _ in panel.decider.decide(state, questions):
                    pass

            asyncio.run(decide())
            assert len(asked.calls) > tried
        assert keys_sent(here) == {"Bearer own"}
        assert not elsewhere.calls


def test_an_embedded_model_that_cannot_be_loaded_is_noted_and_when_asked_for_refused(
    embedded: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(path: Path) -> None:
        raise ModelFileError(f"{path}: damaged.")

    monkeypatch.setattr(local_model, "start", fail)
    with seated() as (panel, _):
        assert panel.interviewer.llm is None
        assert panel.notices[0] == f"{embedded}: damaged."
    with pytest.raises(ModelFileError, match="damaged"), seated(local_model=str(embedded)):
        pass


def test_connections_made_while_choosing_are_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    closed: list[str] = []
    close = OpenAIEndpoint.close

    async def note(endpoint: OpenAIEndpoint) -> None:
        closed.append(endpoint.host)
        await close(endpoint)

    monkeypatch.setattr(OpenAIEndpoint, "close", note)
    with wire.mock_host() as host:
        host.get("/models").mock(return_value=models("llama-4"))
        with seated(openai_base_url=wire.BASE_URL):
            assert set(closed) == {wire.HOST}


def test_a_wrong_document_is_named_before_anything_is_loaded(embedded: Path, tmp_path: Path) -> None:
    (tmp_path / "questions").mkdir()
    (tmp_path / "questions" / "mine.md").write_text("Nothing.", encoding="utf-8")
    with pytest.raises(ContentError, match=r"mine\.md:1:"), seated(content=(tmp_path,)) as (_, said):
        assert said == []


def test_paths_name_the_template_in_force_and_where_interviews_are_kept(tmp_path: Path) -> None:
    own = tmp_path / "prompts" / "interviewer" / "closing.j2"
    own.parent.mkdir(parents=True)
    own.write_text("{# Variables: reason. #}\nBye.\n", encoding="utf-8")
    settings = Settings(prompts=(tmp_path / "prompts",), data=tmp_path / "data", cache=tmp_path / "cache")
    rows = {(kind, name): path for kind, name, path in list_paths(settings)}
    assert rows["template", "interviewer/closing.j2"] == own
    assert rows["template", "interviewer/opening.j2"] == PROMPTS.source("interviewer/opening.j2")
    assert rows["question", QUESTION.id] == Path(QUESTION.source)
    assert rows["folder", "interviews"] == open_store(settings).folder == tmp_path / "data" / "interviews"
    assert rows["folder", "cache"] == tmp_path / "cache"
    assert all(Path(path).is_file() for (kind, _), path in rows.items() if kind != "folder")


def test_a_database_in_the_settings_is_where_interviews_are_kept_and_its_password_is_in_no_path(tmp_path: Path) -> None:
    file = tmp_path / "mine.db"
    assert open_store(Settings(database=f"sqlite:///{file}")).place == str(file)
    settings = Settings(database="postgresql+psycopg://me:hunter2@host:1/db")
    assert ("database", "interviews", "postgresql://host:1/db") in list_paths(settings)
