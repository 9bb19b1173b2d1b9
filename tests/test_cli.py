"""Every command on real input: what it prints and where, its exit code, and one sentence for what goes wrong."""

from __future__ import annotations

import io
import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import wire
from scripted import ScriptedDecider
from shipped import LIBRARY, PROMPTS, QUESTION
from tables import ANSWER, SECOND
from written import write as write_document

from interviewer import commands, eval_desk, gate_desk, local_model
from interviewer.calibrated import read_calibration
from interviewer.cli import main
from interviewer.evaluation.running import read_facts, read_outcomes
from interviewer.evaluation.sets import load_set
from interviewer.rubric import ON_TOPIC, verdict_questions
from interviewer.schema import Grade
from interviewer.settings import Settings
from interviewer.store import Store

PAGES = Path(__file__).parent / "pages"
COMMANDS = (
    "serve", "chat", "history", "export", "restore", "delete", "group", "grade", "label", "eval", "calibrate",
    "questions", "import", "new", "check", "preview", "paths", "settings", "model",
)  # fmt: skip
SAID_WITHOUT_A_MODEL = "No language model: "


class Done(NamedTuple):
    """How a command ended."""

    code: int
    out: str
    err: str


Run = Callable[..., Done]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """Runs the command line in this process, in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("INTERVIEWER_LOCAL_MODEL", "off")

    def run(*arguments: str | Path, typed: bytes = b"") -> Done:
        monkeypatch.setattr(sys, "argv", ["interviewer", *map(str, arguments)])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(typed), encoding="utf-8"))
        try:
            main()
            code: Any = 0
        except SystemExit as end:
            code = end.code or 0
        return Done(code, *capsys.readouterr())

    return run


def write(name: str, *lines: object) -> None:
    text = "".join(f"{line if isinstance(line, str) else json.dumps(line)}\n" for line in lines)
    Path(name).write_text(text, encoding="utf-8")


def line(id: str, answer: object = ANSWER, question_id: str = QUESTION.id) -> dict[str, object]:
    return {"id": id, "question_id": question_id, "answer": answer}


def read_grades(name: str) -> list[Grade]:
    return [Grade.model_validate_json(text) for text in Path(name).read_text(encoding="utf-8").splitlines()]


# ── what is there ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("command", [*COMMANDS, "model pull", "model info"])
def test_every_command_explains_itself(command: str, run: Run) -> None:
    done = run(*command.split(), "--help")
    assert done.code == 0 and f"Usage: interviewer {command}" in done.out and not done.err


def test_the_help_lists_every_command_and_is_shown_when_none_is_given(run: Run) -> None:
    done = run("--help")
    listed = done.out.partition("Commands:\n")[2].splitlines()
    assert done.code == 0 and tuple(row.split()[0] for row in listed) == COMMANDS
    assert run() == (2, "", done.out)


def test_questions_are_listed_with_id_role_and_words(run: Run) -> None:
    done = run("questions")
    assert (done.code, done.err) == (0, "") and len(done.out.splitlines()) == len(LIBRARY.questions)
    assert f"{QUESTION.id}\t{QUESTION.role} ({QUESTION.function})\t{QUESTION.question}\n" in done.out


def test_listed_questions_fit_every_filter_and_word(run: Run) -> None:
    filters = ("--role", QUESTION.role.lower(), "--function", QUESTION.function, "--theme", QUESTION.themes[0])
    done = run("questions", *filters, "confrontational", "DIFFICULT")
    assert [row.split("\t")[0] for row in done.out.splitlines()] == [QUESTION.id]


def test_questions_that_fit_an_ad_come_first_with_the_words_that_say_so(run: Run, tmp_path: Path) -> None:
    ad = tmp_path / "ad.txt"
    ad.write_text("Barista\x1b[2J wanted for our coffee bar.\nYou serve at the counter.", encoding="utf-8")
    done = run("questions", "--ad", str(ad))
    rows = [row.split("\t") for row in done.out.splitlines()]
    assert done.code == 0 and len(rows) == 10 and "\x1b" not in done.out
    assert rows[0][:2] == ["close", "taking-criticism"] and "coffee bar" in rows[0][3]
    assert rows[-1][0] == "little" and rows[-1][3] == "Nothing in the text points to this."
    only = run("questions", "--cv", str(ad), "--function", "Sales").out.splitlines()
    assert {LIBRARY.questions[row.split("\t")[1]].function for row in only} == {"Sales"}
    ad.write_text("", encoding="utf-8")
    assert "no words in it" in run("questions", "--ad", str(ad)).err


def test_role_plays_are_listed_with_id_role_size_title_and_person(run: Run) -> None:
    rows = run("questions", "--role-plays").out.splitlines()
    play = LIBRARY.role_plays["no-receipt"]
    role = LIBRARY.questions[play.question].role
    assert len(rows) == len(LIBRARY.role_plays)
    assert f"no-receipt\t{role} ({play.minutes} minutes)\t{play.title}: {play.person}, {play.who}" in rows


def test_plans_are_listed_with_id_role_size_and_title(run: Run) -> None:
    rows = run("questions", "--plans").out.splitlines()
    plan = LIBRARY.plans["shop-floor"]
    assert len(rows) == len(LIBRARY.plans)
    size = f"{len(plan.questions)} questions, {plan.minutes} minutes"
    assert f"{plan.id}\t{plan.role} ({size})\t{plan.title}" in rows


def test_settings_are_listed_with_secrets_masked_and_a_mistyped_name_told(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret-1")
    monkeypatch.setenv("INTERVIEWER_DECIDER_KEY", "sk-secret-2")
    monkeypatch.setenv("OPENAI_BASE_URL", "https://me:sk-secret-3@models.example/v1")
    monkeypatch.setenv("INTERVIEWER_PROT", "8000")
    done = run("settings")
    assert done.code == 0 and "secret" not in done.out + done.err
    assert "OPENAI_API_KEY=******\n" in done.out and "INTERVIEWER_PORT=7860\n" in done.out
    assert all(f"{name}=" in done.out and meaning in done.out for name, _, meaning in Settings.table())
    assert (
        done.err == "interviewer: INTERVIEWER_PROT is set, but no setting has that name (INTERVIEWER_PORT is close).\n"
    )


def test_paths_say_where_everything_comes_from_and_goes_to(run: Run) -> None:
    rows = [line.split("\t") for line in run("paths").out.splitlines()]
    assert ["question", QUESTION.id, QUESTION.source] in rows
    assert ["folder", "interviews", str(Path(os.environ["INTERVIEWER_DATA"]) / "interviews")] in rows
    assert {kind for kind, _, _ in rows} >= {"question", "example", "guide", "template", "folder"}


def test_a_preview_prints_every_prompt_with_its_tokens(run: Run) -> None:
    done = run("preview", QUESTION.id, "--answer", "I counted to ten.")
    assert done.code == 0
    for title in ("interviewer: system", "chat decider: system", "what every decider reads", "decision red_flag."):
        assert f"── {title}" in done.out
    assert done.out.count("I counted to ten.") == 3 and " tokens ──" in done.out


# ── a coach's way ────────────────────────────────────────────────────────────────────────────────────


def test_imported_pages_pass_the_check_and_can_be_listed_and_previewed(run: Run) -> None:
    for page in ("question", "examples", "steps"):
        done = run("import", PAGES / f"{page}.txt", "--out", "mine")
        assert done.code == 0 and all(Path(path).is_file() for path in done.out.splitlines())
    done = run("check", "mine")
    assert done.code == 0 and done.out.startswith("1 question, 3 worked examples, 1 guide: no problem found; ")
    assert all(": warning: " in line for line in done.err.splitlines())  # what a page doesn't say is still general
    assert "Order Packer (Logistics)" in run("questions", "--content", "mine").out
    assert "Order Packer" in run("preview", "orders-right-line-running", "--content", "mine").out


def test_an_imported_file_that_is_there_already_is_kept_unless_forced(run: Run) -> None:
    page = PAGES / "question.txt"
    path = Path(run("import", page, "--out", "mine").out.strip())
    path.write_text("edited", encoding="utf-8")
    done = run("import", page, "--out", "mine")
    assert done.code == 1 and "--force writes over it" in done.err and path.read_text(encoding="utf-8") == "edited"
    assert run("import", page, "--out", "mine", "--force").code == 0
    assert path.read_text(encoding="utf-8") != "edited"


def test_the_shipped_documents_pass_the_check(run: Run) -> None:
    done = run("check")
    assert done.code == 0 and done.out.startswith(f"{len(LIBRARY.questions)} question")
    assert all(": warning: " in line for line in done.err.splitlines())


def test_a_document_is_begun_filled_in_checked_and_previewed(run: Run) -> None:
    begun = run("new", "late-delivery", "--out", "mine")
    assert (begun.code, begun.out) == (0, "mine/questions/late-delivery.md\n")
    assert "`interviewer check mine`" in begun.err and "`interviewer preview late-delivery --content mine`" in begun.err
    todo = run("check", "mine")
    assert todo.code == 1 and "late-delivery.md:17: the title is still `…`: write it" in todo.err
    Path(begun.out.strip()).unlink()
    write_document(Path("mine"))
    assert run("check", "mine", "--strict") == (0, "1 question, 0 worked examples, 0 guides: no problem found.\n", "")
    assert "late-delivery.md:17 │" in run("preview", "late-delivery", "--content", "mine").out


def test_what_is_there_already_is_not_begun_again(run: Run) -> None:
    run("new", "call-first", "--kind", "guide", "--out", "mine")
    done = run("new", "call-first", "--kind", "guide", "--out", "mine")
    assert done.code == 1 and done.err.startswith("interviewer: mine/guides/call-first.md is there already")


def test_warnings_pass_the_check_unless_it_is_strict(run: Run) -> None:
    write_document(Path("mine"), "call-first", "guide")
    warning = "mine/guides/call-first.md:2: warning: no question links this guide: add `call-first` to the head of one"
    done = run("check", "mine")
    assert done.code == 0 and done.out == "0 questions, 0 worked examples, 1 guide: no problem found; 1 warning.\n"
    assert done.err.startswith(warning)
    strict = run("check", "mine", "--strict")
    assert strict.code == 1 and strict.err.endswith("interviewer: 1 warning found.\n") and not strict.out


@pytest.mark.parametrize(("flags", "code"), [((), 0), (("--strict",), 1)])
def test_the_check_prints_json_alone_for_other_programs(flags: tuple[str, ...], code: int, run: Run) -> None:
    write_document(Path("mine"), "call-first", "guide")
    done = run("check", "mine", "--json", *flags)
    told = json.loads(done.out)
    assert (done.code, done.err, told["errors"], told["warnings"]) == (code, "", 0, 1)
    assert told["findings"][0]["rule"] == "unlinked"


def test_every_command_that_uses_documents_takes_content_folders_several_times(run: Run) -> None:
    write_document(Path("one"), "nine-calls", "example")
    write_document(Path("two"), "late-delivery", "question", ("examples: []", "examples: [nine-calls]"))
    both = ("--content", "one", "--content", "two")
    assert "late-delivery" in run("questions", *both).out
    assert "two/questions/late-delivery.md" in run("paths", *both).out
    assert "What do you do when a delivery is late?" in run("preview", "late-delivery", *both).out
    assert run("check", "two", "--content", "one").code == 0 and run("check", "two").code == 1
    write("answers.jsonl", line("a", question_id="late-delivery"))
    assert run("grade", "answers.jsonl", "--out", "grades.jsonl", *both).code == 0
    assert run("chat", "late-delivery", *both, typed=b"I rang them all at once, before they asked.\n\n").code == 0


def test_a_preview_without_its_margin_is_what_is_sent(run: Run) -> None:
    done = run("preview", QUESTION.id, "--no-margin")
    first = commands.preview(Settings(), QUESTION.id, "(the candidate's answer)")[0]
    assert done.out.startswith(f"── {first.title} · {first.tokens} tokens ──\n{first.text}\n\n") and "│" not in done.out


def test_the_check_names_every_mistake_in_every_folder_and_fails(run: Run) -> None:
    run("import", PAGES / "question.txt", "--out", "good")
    for name, line_ in (("one", "role:"), ("two", "function:")):
        path = Path(run("import", PAGES / "question.txt", "--out", name).out.strip())
        text = path.read_text(encoding="utf-8")
        path.write_text("".join(row for row in text.splitlines(True) if not row.startswith(line_)), encoding="utf-8")
    done = run("check", "good", "one", "two")
    assert done.code == 1 and not done.out
    errors = [text for text in done.err.splitlines() if ": warning: " not in text]
    assert [text.partition("/")[0] for text in errors[:2]] == ["one", "two"]
    assert errors[2].startswith("interviewer: 2 problems and ")
    assert run("check", "one").err.endswith("interviewer: 1 problem found.\n")


# ── grading files ────────────────────────────────────────────────────────────────────────────────────


def test_a_file_is_graded_in_order_and_bad_lines_are_told_by_number(run: Run) -> None:
    write(
        "in.jsonl", line("b"), "{not json", line("a", [ANSWER, SECOND]), line("c", question_id="nowhere"), line("e", "")
    )
    done = run("grade", "in.jsonl", "--out", "out.jsonl", "--decider", "builtin")
    assert done.code == 1 and not done.out
    assert [grade.id for grade in read_grades("out.jsonl")] == ["b", "a", "e"]
    assert [grade.status == "unscored" for grade in read_grades("out.jsonl")] == [False, False, True]
    assert "The built-in grader was asked for.\n" in done.err and "Grading: 3 of 3\n" in done.err
    assert "out.jsonl: 3 grades made, 0 kept from an earlier run.\n" in done.err
    assert [text.split(": ")[1] for text in done.err.splitlines()[-2:]] == ["in.jsonl:2", "in.jsonl:4"]


def test_an_interrupted_run_goes_on_where_it_was(run: Run) -> None:
    write("in.jsonl", *(line(id) for id in "abc"))
    assert run("grade", "in.jsonl", "--out", "out.jsonl").code == 0
    whole = Path("out.jsonl").read_text(encoding="utf-8")
    first, second, _ = whole.splitlines(keepends=True)
    Path("out.jsonl").write_text(first + second[:99], encoding="utf-8")
    done = run("grade", "in.jsonl", "--out", "out.jsonl")
    assert done.code == 0 and "out.jsonl: 2 grades made, 1 kept from an earlier run.\n" in done.err
    assert [grade.id for grade in read_grades("out.jsonl")] == ["a", "b", "c"]
    assert Path("out.jsonl").read_text(encoding="utf-8").startswith(first)


def test_a_batch_goes_out_and_comes_back_without_anything_being_sent(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", wire.KEY)
    write("in.jsonl", line("a"), line("b", ""))
    done = run("grade", "in.jsonl", "--export-batch", "requests.jsonl")
    assert done == (0, "", "requests.jsonl: 1 request. Nothing was sent.\n")
    (request,) = map(json.loads, Path("requests.jsonl").read_text(encoding="utf-8").splitlines())
    names = request["body"]["response_format"]["json_schema"]["schema"]["required"]
    told = json.dumps({name: {"quotes": [], "verdict": "missing", "reason": ""} for name in names})
    response = {"status_code": 200, "body": wire.completion_body(told)}
    write("replies.jsonl", {"custom_id": request["custom_id"], "response": response, "error": None})
    done = run("grade", "in.jsonl", "--import-batch", "replies.jsonl", "--out", "out.jsonl")
    assert done == (0, "", "out.jsonl: 2 grades made.\n")
    first, second = read_grades("out.jsonl")
    assert first.decider == "chat" and first.key_points["calm"].verdict == "missing"
    assert second.reason == "empty"


# ── the terminal ─────────────────────────────────────────────────────────────────────────────────────


def test_a_whole_interview_is_held_in_the_terminal_to_the_last_rubric(run: Run) -> None:
    answers = [ANSWER, SECOND, "I told my team about it in the next morning's meeting.", "I would do the same today."]
    done = run("chat", QUESTION.id, "--decider", "builtin", typed="".join(f"{text}\n\n" for text in answers).encode())
    assert done.code == 0 and not done.err
    assert done.out.count(SAID_WITHOUT_A_MODEL) == 1
    assert "How do you handle difficult or confrontational situations" in done.out.replace("\n", " ")
    assert len(re.findall(r"^(?:Band \d|Partly graded\.)", done.out, re.MULTILINE)) == len(answers)
    assert done.out.count("How the band came about") == len(answers)
    assert "Thank you" in done.out.rpartition("Graded by")[0]
    store = Store(Path(os.environ["INTERVIEWER_DATA"]) / "interviews")
    (saved,) = store.saved()
    interview = store.load(saved.id)
    assert (saved.answers, interview.ended) == (len(answers), "done")
    assert interview.grades[QUESTION.id].status in ("graded", "partly_graded")
    assert f"Kept as interview {saved.id}" in done.out


def test_a_plan_gives_the_questions_their_order_and_the_minutes_and_is_named(run: Run) -> None:
    done = run("chat", "--plan", "shop-floor", "--decider", "builtin")
    plan = LIBRARY.plans["shop-floor"]
    assert done.code == 0 and plan.title in done.out and plan.introduction in " ".join(done.out.split())
    store = Store(Path(os.environ["INTERVIEWER_DATA"]) / "interviews")
    interview = store.load(store.saved()[0].id)
    assert tuple(document.id for document in interview.questions) == plan.questions
    assert (interview.plan, interview.limits.minutes) == (plan.title, plan.minutes)


def test_questions_by_chance_are_as_many_as_asked_for_and_what_was_missed_most_comes_first(run: Run) -> None:
    store = Store(Path(os.environ["INTERVIEWER_DATA"]) / "interviews")
    run("chat", QUESTION.id, "--decider", "builtin", typed=b"I shouted back at the customer until she left.\n\n")
    before = {saved.id for saved in store.saved()}
    assert run("chat", "--random", "3", "--weakest", "--decider", "builtin").code == 0
    (made,) = {saved.id for saved in store.saved()} - before
    interview = store.load(made)
    assert len(interview.questions) == 3 and interview.questions[0].id == QUESTION.id
    assert interview.plan == "3 questions, what you missed most"


def test_an_interview_left_in_the_middle_goes_on_by_a_flag(run: Run) -> None:
    told = "interviewer: There is no unfinished interview in "
    assert run("chat", "--resume").code == 1 and run("chat", "--resume").err.splitlines()[-1].startswith(told)
    left = run("chat", QUESTION.id, "--decider", "builtin", typed=f"{ANSWER}\n\n/undo\n".encode())
    (id,) = [saved.id for saved in Store(Path(os.environ["INTERVIEWER_DATA"]) / "interviews").saved()]
    assert "To go on: interviewer chat --resume " in " ".join(left.out.split())
    done = run("chat", "--resume", "--decider", "builtin", typed=b"He came back.\n\n")
    assert done.code == 0 and "What you had typed" in done.out and "He came back." in done.out
    assert "1 of 1 question answered" in run("chat", "--resume", "--decider", "builtin", "--", id).out
    assert run("chat", "--resume", "nope").err.endswith("That is not the id of an interview: start a new one.\n")


def test_a_simulation_is_begun_by_a_flag_and_judged_at_its_end(run: Run) -> None:
    done = run("chat", QUESTION.id, "--simulation", "--decider", "builtin", typed=f"{ANSWER}\n\n/end\n".encode())
    before, _, after = done.out.partition("Thank you for your time")
    assert done.code == 0 and "minutes left." in before and "Key points" not in before and "Key points" in after


@pytest.mark.parametrize("more", [("--plan", "x"), ("--random", "2"), ("--simulation",), ("one", "two")])
def test_what_does_not_go_with_resuming_is_one_sentence(more: tuple[str, ...], run: Run) -> None:
    done = run("chat", "--resume", *more)
    assert (done.code, done.out) == (2, "") and done.err.count("\n") == 1 and "--resume" in done.err


def test_words_that_are_not_utf_8_cost_a_character_and_not_the_interview(run: Run) -> None:
    done = run("chat", typed=b"I said caf\xe9 and stayed calm with her.\n\n")
    assert done.code == 0 and "I said caf\ufffd and stayed calm with her." in done.out


@pytest.mark.skipif(os.name != "posix", reason="needs a pseudo-terminal")
def test_on_a_terminal_a_line_can_be_edited_and_longer_than_a_terminal_takes(tmp_path: Path) -> None:
    import pty

    ours, theirs = pty.openpty()
    environment = {**os.environ, "TERM": "xterm", "INTERVIEWER_LOCAL_MODEL": "off", "INTERVIEWER_DATA": str(tmp_path)}
    command = [sys.executable, "-m", "interviewer", "chat"]
    with subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env=environment) as process:
        os.close(theirs)
        long = "She shouted at me and I listened to her. " * 120
        assert len(long) > 4096
        for typed in (f"{long}cald\x7fm\n", "\n", "/end\n", "\n"):
            read_to(ours, PROMPT)
            send(ours, typed.encode())
        read_to(ours, re.compile(b"Kept as interview"))
        while read_some(ours):
            pass
        os.close(ours)
    assert process.returncode == 0
    store = Store(tmp_path / "interviews")
    (saved,) = store.saved()
    assert store.load(saved.id).turns[1].text == f"{long}calm"


PROMPT = re.compile(rb"\n(\x1b\[[?\d;]*[a-z])*> ")
"""At the beginning of a line, for an edited line is drawn again with its own."""


def read_some(terminal: int) -> bytes:
    """What the program has printed since; empty once it has ended."""
    try:
        return os.read(terminal, 65_536)
    except OSError:
        return b""


def read_to(terminal: int, mark: re.Pattern[bytes]) -> None:
    """Reads what the program prints until it has printed the mark."""
    seen = b""
    while not mark.search(seen):
        piece = read_some(terminal)
        assert piece, f"ended before {mark.pattern!r}, after {seen[-500:]!r}"
        seen += piece


def send(terminal: int, typed: bytes) -> None:
    while typed:
        typed = typed[os.write(terminal, typed[:1024]) :]


# ── the embedded model ───────────────────────────────────────────────────────────────────────────────


def test_the_embedded_model_is_described_also_before_it_is_there(run: Run) -> None:
    done = run("model", "info")
    assert done.code == 0
    assert (
        f"file: {local_model.model_info().path}" in done.out
        and "verified: no: run `interviewer model pull`" in done.out
    )


def test_pulling_the_model_says_where_it_is(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def pull(progress: Callable[[int, int], None], *, source: str) -> Path:
        progress(500_000_000, 1_000_000_000)
        return Path(f"/models/from-{source}.gguf")

    monkeypatch.setattr(local_model, "pull", pull)
    done = run("model", "pull", "--source", "hub")
    assert done == (0, "/models/from-hub.gguf: there and verified.\n", "Fetching: 500 of 1000 MB\n")


# ── what goes wrong ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ("chat nowhere", "There is no question 'nowhere'; choose one of: "),
        ("chat --plan nowhere", "There is no plan 'nowhere'; there are: "),
        ("chat --random 2 --role Astronaut", "There is no question for the role 'Astronaut'; choose one of: "),
        ("chat --random 2 --role barista --theme Safety", "There is no question with the theme 'Safety'; "),
        ("chat --random 2 --weakest", "No graded answer has missed anything yet: "),
        ("questions astronaut", "No question fits: "),
        ("preview nowhere", "There is no question 'nowhere'; `interviewer questions` lists them."),
        ("grade none.jsonl --out o.jsonl", "none.jsonl: can't be read: No such file or directory."),
        ("grade bytes --out o.jsonl", "bytes: not UTF-8 (byte 0); save it as UTF-8."),
        ("grade none.jsonl --export-batch o.jsonl", "none.jsonl: can't be read: No such file or directory."),
        ("grade empty --import-batch none.jsonl --out o", "none.jsonl: can't be read: No such file or directory."),
        ("grade empty --out empty/o.jsonl", "empty/o.jsonl: can't be written: "),
        ("import none.txt", "none.txt: can't be read: No such file or directory."),
        ("import bytes", "bytes:1: not UTF-8 (byte 0): save it as UTF-8."),
        ("check none", "1 problem found."),
        ("questions --content none", "INTERVIEWER_CONTENT"),
        ("questions --content .", "holds no documents"),
        ("serve --port 99999", "INTERVIEWER_PORT=99999 (given as a flag): "),
        ("serve --decider gpt", "INTERVIEWER_DECIDER=gpt (given as a flag): "),
        ("chat --decider chat", "INTERVIEWER_DECIDER=chat needs a chat model: "),
        ("chat --decider systemone", "INTERVIEWER_DECIDER=systemone needs an endpoint: "),
        ("chat --local-model bytes", "this is not a GGUF file"),
    ],
)
def test_what_goes_wrong_is_one_sentence_and_exit_code_1(arguments: str, told: str, run: Run) -> None:
    Path("bytes").write_bytes(b"\xff\xfe")
    Path("empty").touch()
    done = run(*arguments.split())
    assert done.code == 1 and not done.out
    last = done.err.splitlines()[-1]
    assert last.startswith("interviewer: ") and told in last


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ("grade in.jsonl", "--out is missing"),
        ("chat difficult-customers --random 2", "only one of the four"),
        ("chat --weakest", "belong to --random"),
        ("questions --plans --role Barista", "--plans lists every plan"),
        ("questions --role-plays --plans", "--role-plays lists every role-play"),
        ("chat --role-play no-receipt --random 2", "only one of the four"),
        ("chat --role-play no-receipt --simulation", "A role-play has no clock"),
        ("chat --resume --role-play no-receipt", "add nothing but its ID"),
        ("nowhere", "No such command 'nowhere'"),
        ("grade", "Missing argument"),
        ("settings --nowhere", "No such option"),
    ],
)
def test_a_mistyped_command_is_exit_code_2(arguments: str, told: str, run: Run) -> None:
    done = run(*arguments.split())
    assert done.code == 2 and told in done.err


@pytest.mark.parametrize("flags", [(), ("--author",)])
def test_only_an_author_is_given_what_questions_are_judged_by(
    flags: tuple[str, ...], run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[Any] = []
    monkeypatch.setattr("interviewer.page.serve_page", lambda *_, author, **__: given.append(author))
    assert run("serve", "--decider", "builtin", *flags).code == 0
    if not flags:
        assert given == [None]
        return
    seen = given[0](QUESTION.id)
    assert seen.document.id == QUESTION.id and seen.findings == []
    assert any(QUESTION.key_points[0].covered in text for _, text, _ in seen.prompts)


def test_a_taken_port_is_one_sentence(run: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        done = run("serve", "--port", str(port))
    assert done.code == 1
    assert done.err.splitlines()[-1].startswith(f"interviewer: Port {port} on 127.0.0.1 is taken")


# ── eval ─────────────────────────────────────────────────────────────────────────────────────────────


def nothing_there() -> str:
    """A chat model's whole reply about an answer that shows nothing."""
    least = {"choice": "missing", "score": "0", "predicate": "false"}
    questions = verdict_questions(QUESTION, PROMPTS.render)
    said = {one.name: {"quotes": [], "verdict": least[one.type], "reason": ""} for one in questions}
    return json.dumps({**said, ON_TOPIC: {"quotes": [], "verdict": "true", "reason": ""}})


def test_eval_grades_labelled_answers_on_this_machine_and_writes_every_outcome(run: Run) -> None:
    write("mine.jsonl", {**line("a"), "labeller": "me", "band": 3}, line("b", SECOND))
    done = run("eval", "mine.jsonl", "--out", "out.jsonl")
    assert done.code == 0
    assert re.match(r"mine\.jsonl: 2 cases, \d graded, \d partly, 0 unscored, \S+ s\n", done.out)
    assert "Quotes that stand in the answer" in done.out
    told = read_facts(Path("out.jsonl"))
    assert (told.decider, told.source, told.cases) == ("builtin", "local", 2)
    assert [one.case for one in read_outcomes(Path("out.jsonl"))] == ["a", "b"]


def test_eval_interviewer_tells_how_the_recorded_interviewer_speaks_and_refuses_another_prompt(run: Run) -> None:
    done = run("eval", "interviewer")
    assert done.code == 0 and "document, 85 prefixes" in done.out
    assert re.search(r"what was said breaks no rule +1\.00", done.out)
    Path("mine/interviewer").mkdir(parents=True)
    shipped = PROMPTS.source("interviewer/follow_up.j2").read_text(encoding="utf-8")
    Path("mine/interviewer/follow_up.j2").write_text(f"{shipped} Be brief.", encoding="utf-8")
    stale = run("eval", "interviewer", "--prompts", "mine")
    assert stale.code == 2 and "python evals/measure_interviewer.py --record" in stale.err


def test_eval_without_a_recording_or_with_a_stale_one_exits_with_2_and_names_the_command(run: Run) -> None:
    write("my answers.jsonl", line("a"))
    command = "`interviewer eval 'my answers.jsonl' --decider chat --record --repeat 2`"
    done = run("eval", "my answers.jsonl", "--decider", "chat", "--repeat", "2")
    assert done.code == 2 and not done.out and done.err.count("\n") == 1
    assert "recordings/chat-my answers.jsonl can't be read" in done.err and command in done.err
    write("replies.jsonl", *({"custom_id": id, "content": nothing_there(), "model": "big"} for id in ("a", "a#1")))
    chat = ("--decider", "chat", "--repeat", "2")
    assert run("eval", "my answers.jsonl", *chat, "--import-batch", "replies.jsonl").code == 0
    assert run("eval", "my answers.jsonl", *chat).code == 0
    write("my answers.jsonl", line("a", SECOND))
    done = run("eval", "my answers.jsonl", *chat)
    assert done.code == 2 and "holds no recording of chat request to big" in done.err and command in done.err


def test_eval_sends_a_batch_out_and_takes_it_back(run: Run) -> None:
    write("mine.jsonl", line("a"), line("b", SECOND), line("c", "No."))
    done = run("eval", "mine.jsonl", "--decider", "chat", "--model", "big", "--export-batch", "requests.jsonl")
    assert (done.code, done.err) == (0, "requests.jsonl: 2 requests. Nothing was sent.\n")
    requests = [json.loads(text) for text in Path("requests.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [one["custom_id"] for one in requests] == ["a", "b"] and {one["body"]["model"] for one in requests} == {
        "big"
    }
    write("replies.jsonl", {"custom_id": "a", "content": nothing_there()})
    done = run("eval", "mine.jsonl", "--decider", "chat", "--import-batch", "replies.jsonl")
    assert done.code == 1 and "--model is missing" in done.err
    done = run("eval", "mine.jsonl", "--decider", "chat", "--model", "big", "--import-batch", "replies.jsonl")
    assert done.code == 2 and "1 request without a usable reply, the first 'b'" in done.err
    write("replies.jsonl", {"custom_id": "b", "content": nothing_there(), "model": "big"})
    assert "the first 'a'" in run("eval", "mine.jsonl", "--decider", "chat", "--import-batch", "replies.jsonl").err
    done = run("eval", "mine.jsonl", "--decider", "chat")  # the model's name comes from the recordings
    assert done.code == 0 and done.out.startswith("mine.jsonl: 3 cases, 2 graded, 0 partly, 1 unscored, ")


@pytest.mark.parametrize("mode", ["--record", "--live"])
def test_eval_asks_the_endpoint_in_the_settings_and_keeps_what_it_says_when_told_to(
    run: Run, monkeypatch: pytest.MonkeyPatch, mode: str
) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", wire.BASE_URL)
    write("mine.jsonl", line("a"), line("b", SECOND))
    with wire.mock_host() as host:
        route = host.post("/chat/completions").mock(side_effect=lambda _: wire.completion(nothing_there()))
        done = run("eval", "mine.jsonl", "--decider", "chat", "--model", "big", mode)
        assert done.code == 0 and done.out.startswith("mine.jsonl: 2 cases, 2 graded, ") and route.call_count == 2
    monkeypatch.delenv("OPENAI_BASE_URL")
    assert run("eval", "mine.jsonl", "--decider", "chat").code == (0 if mode == "--record" else 2)


@pytest.mark.parametrize(
    ("flags", "code", "why"),
    [
        (("--record", "--live"), 2, "exclude each other"),
        (("--export-batch", "x", "--import-batch", "y", "--decider", "chat"), 2, "exclude each other"),
        (("--export-batch", "x"), 2, "add --decider chat"),
        (("--samples", "3"), 2, "add --decider chat"),
        (("--samples", "10", "--decider", "chat"), 1, "INTERVIEWER_SAMPLES=10"),
        (("--samples", "3", "--decider", "chat", "--export-batch", "x"), 2, "A batch asks once"),
        (("--samples", "3", "--decider", "chat", "--bless", "x"), 2, "Baselines are of one sample"),
        (("--record",), 1, "always runs on this machine: leave out --record"),
        (("nowhere",), 1, "no set 'nowhere'"),
    ],
)
def test_eval_says_what_can_not_be_done(run: Run, flags: tuple[str, ...], code: int, why: str) -> None:
    write("mine.jsonl", line("a"))
    done = run("eval", "mine.jsonl", *flags)
    assert done.code == code and why in done.err and done.err.count("\n") == 1


# ── gates ────────────────────────────────────────────────────────────────────────────────────────────

LEAST_GIVEN = "floors:\n  builtin:\n    mine:\n      given kind:key_point: {least: %s}\n%s"
MARGINS = "margins:\n  key_point_macro_f1: {drop: 0.01}\n  given kind:key_point: {drop: 0}\n"


@pytest.fixture
def scripted(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Says what the built-in grader decides from now on, by question name."""

    def decide(**said: str | tuple[str, float] | None) -> None:
        told = {f"key_point.{name}": value for name, value in said.items()}
        monkeypatch.setattr(eval_desk, "load", lambda: None)
        monkeypatch.setattr(eval_desk, "BuiltinDecider", lambda _: ScriptedDecider(told))

    decide()
    return decide


def labelled(id: str, calm: str, **flags: str) -> dict[str, object]:
    labels = {"labeller": "me", "key_points": {"calm": calm, "empathy": "missing"}, "red_flags": flags}
    return {**line(id, f"{ANSWER} That was {id}."), **labels}


def test_eval_fails_below_a_floor_and_says_where_it_stands(run: Run, scripted: Callable[..., None]) -> None:
    write("mine.jsonl", labelled("a", "covered"))
    write("gates.yaml", LEAST_GIVEN % (1, ""))
    done = run("eval", "mine.jsonl", "--gates", "gates.yaml")
    assert done.code == 0 and done.out.endswith("gates: 1 of 1 hold\n")
    scripted(calm=None)
    done = run("eval", "mine.jsonl", "--gates", "gates.yaml")
    assert done.code == 1 and "is 0.5, and at least 1 is wanted: gates.yaml:4" in done.err


def test_eval_compares_with_a_blessed_run_and_tells_a_stale_one(run: Run, scripted: Callable[..., None]) -> None:
    write("mine.jsonl", *(labelled(id, "covered") for id in "abcd"))
    write("gates.yaml", LEAST_GIVEN % (0, MARGINS))
    command = ("eval", "mine.jsonl", "--gates", "gates.yaml")
    done = run(*command, "--against", "baselines")
    assert done.code == 2 and "There is no baseline baselines/builtin-mine.jsonl" in done.err
    scripted(calm="covered")
    assert run(*command, "--out", "baselines/builtin-mine.jsonl").code == 0
    done = run(*command, "--against", "baselines")
    assert done.code == 0 and done.out.endswith("gates: 3 of 3 hold\n") and "changed" not in done.out + done.err
    scripted(calm="missing")
    done = run(*command, "--against", "baselines/builtin-mine.jsonl")
    assert (
        done.code == 1 and "key_point_macro_f1 changed by" in done.err and "the whole interval is below 0" in done.err
    )
    assert "a\tkey_point.calm\tcovered before, missing now, covered by the reference\n" in done.out
    write("mine.jsonl", *(labelled(id, "covered") for id in "abce"))
    done = run(*command, "--against", "baselines")
    assert done.code == 2 and "is stale: it has no grade of 'e'" in done.err and "--bless WHY" in done.err


def test_eval_blesses_with_a_reason_and_only_what_holds(
    run: Run, scripted: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate_desk, "evals_folder", lambda: Path("evals"))
    write("mine.jsonl", labelled("a", "covered"))
    write("gates.yaml", LEAST_GIVEN % (1, MARGINS))
    file = Path("evals/baselines/builtin-mine.jsonl")
    scripted(calm=None)
    assert run("eval", "mine.jsonl", "--gates", "gates.yaml", "--bless", "new").code == 1 and not file.exists()
    scripted(calm="covered")
    done = run("eval", "mine.jsonl", "--gates", "gates.yaml", "--bless", " ")
    assert done.code == 1 and "--bless needs a reason" in done.err and not file.exists()
    assert run("eval", "mine.jsonl", "--gates", "gates.yaml", "--bless", "new weights").code == 0
    told = read_facts(file)
    assert told.why == "new weights" and re.fullmatch(r"\d{4}-\d\d-\d\d", told.blessed)
    assert run("eval", "mine.jsonl", "--gates", "gates.yaml", "--against", "evals/baselines").code == 0
    done = run("eval", "mine.jsonl", "--against", "x", "--bless", "y")
    assert done.code == 2 and "exclude each other" in done.err


# ── calibrate ────────────────────────────────────────────────────────────────────────────────────────


def test_calibrate_fits_to_labelled_answers_and_the_grader_takes_it_up(run: Run, scripted: Callable[..., None]) -> None:
    scripted(calm=("covered", 0.6))
    write("mine.jsonl", *(labelled(str(n), "covered" if n % 4 else "missing", blaming="absent") for n in range(20)))
    done = run("calibrate", "mine.jsonl", "--out", "mine.json")
    assert done.code == 0 and "key_point: 40 verdicts, temperature" in done.out and "mine.json: written" in done.err
    fitted = read_calibration(Path("mine.json"))
    assert (fitted.decider, fitted.model) == ("builtin", "scripted") and fitted.calibration.agreement is None
    assert fitted.answers == "mine.jsonl (20 answers), labelled by me"
    assert run("eval", "mine.jsonl", "--calibration", "mine.json", "--out", "out.jsonl").code == 0
    assert read_facts(Path("out.jsonl")).calibration == fitted.calibration
    # What a calibration was fitted to is what the decider says without one.
    before = Path("mine.json").read_text(encoding="utf-8")
    os.environ["INTERVIEWER_CALIBRATION"] = "mine.json"
    try:
        assert run("calibrate", "mine.jsonl", "--out", "mine.json").code == 0
    finally:
        del os.environ["INTERVIEWER_CALIBRATION"]
    assert Path("mine.json").read_text(encoding="utf-8") == before


@pytest.mark.parametrize(
    ("arguments", "code", "why"),
    [
        (("test",), 1, "is one that graders are measured on"),
        (("unseen",), 1, "is one that graders are measured on"),
        (("copied.jsonl",), 1, "is one that graders are measured on"),
        (("mine.jsonl",), 1, "1 labelled answers with probabilities are too few"),
        (("mine.jsonl", "--decider", "chat"), 1, "nothing to calibrate"),
        (("mine.jsonl", "--decider", "readout"), 2, "can't be read"),
        (("mine.jsonl", "--replay", "--live"), 2, "exclude each other"),
    ],
)
def test_calibrate_refuses(
    run: Run, scripted: Callable[..., None], arguments: tuple[str, ...], code: int, why: str
) -> None:
    write("mine.jsonl", labelled("a", "covered"))
    one = load_set("test", LIBRARY)[0]
    write("copied.jsonl", {**line("other-id", list(one.answers), one.question_id), "labeller": "me"})
    done = run("calibrate", *arguments)
    assert done.code == code and why in done.err and not Path("calibration.json").exists()


def test_calibrate_reports_on_measured_answers_only_when_forced_and_writes_nothing(
    run: Run, scripted: Callable[..., None]
) -> None:
    measured = [one for one in load_set("test", LIBRARY) if one.question_id == QUESTION.id][:12]
    rows = (
        {**line(one.id, list(one.answers)), "labeller": "me", "key_points": {"calm": "missing"}} for one in measured
    )
    write("copied.jsonl", *rows)
    done = run("calibrate", "copied.jsonl", "--force-report", "--out", "mine.json")
    assert done.code == 0 and "key_point: " in done.out and not Path("mine.json").exists()


def test_an_endpoint_that_cannot_be_reached_is_one_sentence(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    done = run("chat")
    assert done.code == 1 and not done.out
    assert done.err.startswith("interviewer: 127.0.0.1:9 can't be reached") and done.err.count("\n") == 1


def test_ctrl_c_is_no_traceback(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(commands, "preview", interrupt)
    assert run("preview", QUESTION.id) == (130, "", "")


def test_a_database_that_can_not_be_used_is_said_before_the_page_opens(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine.db").write_bytes(b"no database" * 100)
    monkeypatch.setenv("INTERVIEWER_DATABASE", f"sqlite:///{tmp_path / 'mine.db'}")
    for command in ("serve", "chat"):
        done = run(command)
        assert done.code == 1 and "mine.db is damaged or no database" in done.err
