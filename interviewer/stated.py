"""Reads verdicts that a chat model states, however loosely its JSON is built, and accepts no quote that isn't there.

Asked for is one object by criterion: `{"key_point.calm": {"quotes": […], "verdict": "covered", "reason": "…"}, …}`.
Understood are also lists of objects that name their criterion, objects by kind, code fences, words around, trailing
commas and an end that is cut off. What stays unclear is a problem in words, to ask the model about once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .quotes import locate
from .rubric import ON_TOPIC
from .schema import Calibration, Choice, Decision, Predicate, Record, Sentence, TypedQuestion
from .scoring import needs_words

__all__ = ["Statement", "answers_of", "read_statements"]

_VERDICT_KEYS = ("verdict", "level", "value", "score", "answer")
_QUOTE_KEYS = ("quotes", "quote", "evidence")
_NAME_KEYS = ("criterion", "name", "id")
_SAME: dict[str, str] = {
    **dict.fromkeys(("partly", "partly covered", "partially", "partially covered"), "partial"),
    **dict.fromkeys(("not covered", "uncovered", "not there"), "missing"),
    **dict.fromkeys(("yes", "present"), "true"),
    **dict.fromkeys(("no", "absent", "not present"), "false"),
}
_NEXT_OBJECT = re.compile(r"\}\s*\n\s*\{")
_NUMBER_MARK = re.compile(r"\[\d+\]\s*")


class Statement(Record):
    """What a chat model says about one question: a usable decision, or what is wrong with it."""

    name: str
    decision: Decision | None = None
    problem: str = ""
    """One clause, e.g. `the quote “I never shout” is not in the answer`."""
    cited: tuple[str, ...] = ()
    """The quotes it gives for a verdict that needs some, as written."""


def answers_of(sentences: Sequence[Sentence]) -> tuple[str, ...]:
    """The answers that numbered sentences are from, with plain spaces between the sentences."""
    answers: list[str] = []
    for sentence in sentences:
        while len(answers) <= sentence.answer:
            answers.append("")
        answers[sentence.answer] = answers[sentence.answer].ljust(sentence.start) + sentence.text
    return tuple(answers)


def read_statements(text: str, questions: Sequence[TypedQuestion], answers: Sequence[str]) -> tuple[Statement, ...]:
    """One statement for each question, in their order; criteria nobody asked about are dropped.

    Args:
        text: the model's reply.
        questions: what it was asked.
        answers: where quotes are looked for, as `answers_of` returns them.
    """
    names = {_fold(question.name): question.name for question in questions}
    found: dict[str, Mapping[str, Any]] = {}
    for path, entry in _parse(text):
        if (name := _resolve(path, entry, names)) is not None:
            found[name] = entry
    return tuple(_state(question, found.get(question.name), answers) for question in questions)


def _parse(text: str) -> list[tuple[tuple[str, ...], Mapping[str, Any]]]:
    import json_repair

    if _NEXT_OBJECT.search(text):  # one object a line, of which json_repair keeps the last
        text = f"[{_NEXT_OBJECT.sub('},{', text)}]"
    try:
        return list(_entries(json_repair.loads(text), ()))
    except (RecursionError, ValueError):  # a model caught in a loop of opening brackets
        return []


def _entries(told: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Mapping[str, Any]]]:
    """Everything in the parsed reply that could be about one criterion, with the keys that lead to it."""
    if isinstance(told, list):
        for one in told:
            yield from _entries(one, path)
    elif isinstance(told, Mapping):
        if any(key in told and not isinstance(told[key], Mapping) for key in _VERDICT_KEYS):
            yield path, told
        else:
            for key, value in told.items():
                yield from _entries(value, (*path, str(key)))
    elif path and isinstance(told, str | bool | int):
        yield path, {"verdict": told}


def _resolve(path: tuple[str, ...], entry: Mapping[str, Any], names: Mapping[str, str]) -> str | None:
    """The question an entry is about: by the name it gives itself, or by its keys; None when that isn't certain."""
    own = next((entry[key] for key in _NAME_KEYS if isinstance(entry.get(key), str)), None)
    keys = (*path, own) if own is not None else path
    if not keys:
        return next(iter(names.values())) if len(names) == 1 else None
    last, before = _fold(keys[-1]), _fold(keys[-2]) if len(keys) > 1 else ""
    for exact in (last, f"{before}.{last}", f"{before.removesuffix('s')}.{last}"):
        if exact in names:
            return names[exact]
    ends = [name for folded, name in names.items() if folded.partition(".")[2] == last]
    return ends[0] if len(ends) == 1 else None


def _fold(name: str) -> str:
    return re.sub(r"[\s_-]+", "_", name.strip().casefold())


def _state(question: TypedQuestion, entry: Mapping[str, Any] | None, answers: Sequence[str]) -> Statement:
    if entry is None:
        return Statement(name=question.name, problem="there is no verdict")
    told = next((entry[key] for key in _VERDICT_KEYS if key in entry), None)
    value = _read_value(question, told)
    if value is None:
        offered = ", ".join(_values(question))
        return Statement(name=question.name, problem=f"{str(told)[:40]!r} is no verdict; choose from {offered}")
    decision = Decision(
        name=question.name,
        probabilities={value: 1.0},
        measured=False,
        reason=_read_reason(entry),
    )
    if question.name == ON_TOPIC or not needs_words(decision, Calibration()):
        return Statement(name=question.name, decision=decision)
    said = _read_quotes(entry)
    there = tuple(words for words in said if locate(words, answers) is not None)
    if there:
        shown = decision.model_copy(update={"quotes": there, "cited": said})
        return Statement(name=question.name, decision=shown, cited=said)
    if not said:
        return Statement(name=question.name, problem=f"the verdict is {value}, and no quote shows it")
    return Statement(name=question.name, problem=f"the quote “{said[0][:80]}” is not in the answer", cited=said)


def _read_value(question: TypedQuestion, told: Any) -> str | None:
    values = _values(question)
    if isinstance(told, bool):
        told = str(told).lower()
    elif isinstance(told, float) and told.is_integer():
        told = int(told)
    words = str(told).strip().strip(".").casefold().removeprefix("level ")
    if words in values:
        return words
    same = _SAME.get(words)
    return same if same in values else None


def _values(question: TypedQuestion) -> tuple[str, ...]:
    if isinstance(question, Predicate):
        return ("true", "false")
    return tuple(option.value for option in (question.options if isinstance(question, Choice) else question.levels))


def _read_reason(entry: Mapping[str, Any]) -> str:
    """On one line; half a character, which JSON can spell, could not be saved."""
    return " ".join(str(entry.get("reason") or "").encode("utf-8", "replace").decode().split())


def _read_quotes(entry: Mapping[str, Any]) -> tuple[str, ...]:
    told: Any = next((entry[key] for key in _QUOTE_KEYS if entry.get(key)), [])
    several = told if isinstance(told, list) else [told]
    words = (one.get("text", "") if isinstance(one, Mapping) else one for one in several)
    clean = (_NUMBER_MARK.sub("", str(one)).strip() for one in words if isinstance(one, str))
    return tuple(dict.fromkeys(one for one in clean if one))
