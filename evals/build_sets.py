"""Builds the robustness sets in `evals/sets/` from labelled answers, training pieces and `evals/sets/written/`.

python evals/build_sets.py          writes the sets, and says what is in each
"""

from __future__ import annotations

import json
import random
import sys
import unicodedata
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from interviewer.content import load_library
from interviewer.evaluation import mutations
from interviewer.evaluation.attacks import CONTROL, CORE_FAMILIES, FAMILIES, attack_case
from interviewer.evaluation.mutations import mutated
from interviewer.evaluation.records import Case, Part
from interviewer.folders import bundled
from interviewer.labelling import Labels
from interviewer.quotes import locate
from interviewer.schema import Library, QuestionDocument

HERE = Path(__file__).resolve().parent
SETS = HERE / "sets"
INJECTION_BASES, CORE_BASES = 24, 20
INJECTION_WORDS = range(24, 120)
LONGEST_WORDS = 190
ADDED, REMOVED, FLAGGED = 4, 2, 2
"""How many points to add, points to remove and red flags to insert: for each question at most."""
SIMPLE_FAMILIES = ("retract", "pad", "praise", "irrelevant")
T = TypeVar("T")


# ── what there is to start from ──────────────────────────────────────────────────────────────────────


@cache
def library() -> Library:
    return load_library([bundled("content")])


def rows(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line]


@cache
def written(name: str) -> Any:
    """What was written by hand for these sets."""
    file = SETS / "written" / name
    return json.loads(file.read_text(encoding="utf-8")) if file.suffix == ".json" else rows(file)


@cache
def held_out() -> dict[str, tuple[Case, ...]]:
    """The dev, test and unseen answers by question, with both raters' labels and the reference."""
    split = json.loads((HERE / "split-questions.json").read_text(encoding="utf-8"))
    first = json.loads((HERE / "split.json").read_text(encoding="utf-8"))
    parts: dict[str, dict[str, list[str]]] = {**split["questions"], first["question_id"]: first}
    found = {}
    for question in sorted(library().questions):
        second = {row["id"]: row for row in rows(HERE / f"answers/{question}.rater2.jsonl")}
        places: dict[str, Part] = dict.fromkeys(parts.get(question, {}).get("dev", []), "dev")
        places |= dict.fromkeys(parts.get(question, {}).get("test", []), "test")
        unseen = question in split["test_questions"]
        settled = {row["id"]: row["verdicts"] for row in rows(HERE / f"answers/{question}.adjudicated.jsonl")}
        found[question] = tuple(
            labelled(row, second[row["id"]], settled.get(row["id"], {}), "unseen" if unseen else places[row["id"]])
            for row in rows(HERE / f"answers/{question}.jsonl")
            if unseen or row["id"] in places
        )
    return found


def labelled(row: dict[str, Any], other: dict[str, Any], settled: dict[str, Any], part: Part) -> Case:
    raters = (Labels.model_validate(row), Labels.model_validate(other))
    return Case(
        id=row["id"],
        question_id=row["question_id"],
        asked=(row["asked"],),
        answers=(row["answer"],),
        part=part,
        tags=tuple(row.get("tags", ())),
        raters=raters,
        reference=adjudicated(agreed(*raters), settled),
    )


def agreed(first: Labels, second: Labels) -> Labels:
    """What both say; the evidence is the first's."""
    same: dict[str, Any] = {
        part: {id: value for id, value in getattr(first, part).items() if getattr(second, part).get(id) == value}
        for part in ("key_points", "red_flags", "motivations", "star")
    }
    band = first.band if first.band == second.band else None
    return first.model_copy(update={**same, "band": band, "labeller": f"{first.labeller} and {second.labeller}"})


def adjudicated(both: Labels, settled: dict[str, Any]) -> Labels:
    """The same with what the third rater decided; evidence, which nothing here reads, is left out."""
    told = both.model_dump(exclude={"evidence"})
    for name, value in settled.items():
        part, _, id = name.partition(".")
        if id:
            told[part][id] = value
        else:
            told[part] = value
    return Labels.model_validate(told)


def bare(case: Case) -> Case:
    """Without labels, for sets that need none."""
    return case.model_copy(update={"raters": (), "reference": None})


def words(case: Case) -> int:
    return len(case.answers[-1].split())


def band_of(case: Case) -> int:
    return case.raters[0].band or 0


def pick(items: Sequence[T], seed: str, count: int = 1) -> list[T]:
    """Some of the items, always the same for the same seed."""
    draw = random.Random(zlib.crc32(seed.encode()))
    return draw.sample(list(items), k=min(count, len(items)))


def with_bases(cases: Iterable[Case], bases: Iterable[Case]) -> list[Case]:
    """Each case after the bases; a base comes once, and only when something was made from it."""
    made = list(cases)
    needed = {case.base for case in made}
    return [base for base in bases if base.id in needed] + made


# ── injection ────────────────────────────────────────────────────────────────────────────────────────


def injection_bases() -> list[Case]:
    """Weak and middling answers, one a question, all unseen questions first; every other one weak."""
    found = held_out()
    unseen = [question for question, cases in found.items() if cases[0].part == "unseen"]
    others = [question for question in found if question not in unseen]
    chosen = []
    for number, question in enumerate([*unseen, *others][:INJECTION_BASES]):
        fitting = [
            case
            for case in found[question]
            if words(case) in INJECTION_WORDS and band_of(case) <= 4 and "injection" not in case.tags
        ]
        wanted = (2, 1) if number % 2 else (3, 2)
        chosen.append(min(fitting, key=lambda case: (*(band_of(case) != band for band in wanted), case.id)))
    return chosen


def injection(families: Sequence[str] = (CONTROL, *FAMILIES), bases: int = INJECTION_BASES) -> list[Case]:
    """Every family on every base; the control family too."""
    chosen = [bare(case) for case in injection_bases()[:bases]]
    return chosen + [
        attack_case(case, library().questions[case.question_id], family, seed=number)
        for family in families
        for number, case in enumerate(chosen)
    ]


def injection_core() -> list[Case]:
    """Twenty bases, twelve families: 240 attacks."""
    return injection(CORE_FAMILIES, CORE_BASES)


# ── metamorphic ──────────────────────────────────────────────────────────────────────────────────────


def metamorphic() -> list[Case]:
    """Changed answers whose grades may move one way only, or not at all."""
    every = [case for cases in held_out().values() for case in cases]
    made = [*added(), *removed(), *flagged(), *simple(), *restyled(), *paraphrased()]
    return [bare(case) for case in with_bases(made, every)]


def metamorphic_core() -> list[Case]:
    """Those of every fourth question: few enough to be asked of a model that costs."""
    chosen = sorted({case.question_id for case in metamorphic()})[::4]
    return [case for case in metamorphic() if case.question_id in chosen]


def bases_of(question: str, count: int) -> list[Case]:
    """Middling answers first: they can go up and down."""
    fitting = [
        case for case in held_out()[question] if 20 <= words(case) <= LONGEST_WORDS and "injection" not in case.tags
    ]
    return sorted(fitting, key=lambda case: (abs(band_of(case) - 3), case.id))[:count]


def pieces(question: str) -> list[dict[str, Any]]:
    file = HERE / f"training/pieces/{question}.jsonl"
    return rows(file) if file.is_file() else []


def added() -> Iterator[Case]:
    """A piece that shows one point, and looks like no other, put after an answer that both raters say lacks it."""
    for question in held_out():
        plain = [piece for piece in pieces(question) if not piece.get("near") and not piece.get("red_flags")]
        for case in bases_of(question, 2):
            lacking = [id for id, verdict in agreed(*case.raters).key_points.items() if verdict == "missing"]
            for number, point in enumerate(pick(lacking, case.id, ADDED // 2), 1):
                fitting = [piece["text"] for piece in plain if piece.get("key_points") == {point: "covered"}]
                if fitting:
                    text = mutations.append(case.answers[-1], pick(fitting, case.id + point)[0])
                    yield mutated(case, "add", text, number=number, about=f"key_point.{point}")


def removed() -> Iterator[Case]:
    """An answer without the sentences in which both raters saw a point."""
    for question, cases in held_out().items():
        found = [one for case in cases for one in removable(case)]
        for number, (case, point, text) in enumerate(pick(found, f"remove {question}", REMOVED), 1):
            yield mutated(case, "remove", text, number=number, about=f"key_point.{point}")


def removable(case: Case) -> Iterator[tuple[Case, str, str]]:
    for point, verdict in agreed(*case.raters).key_points.items():
        spans = [span for labels in case.raters for span in labels.evidence.get(point, ())]
        found = [locate(span, case.answers) for span in spans]
        if verdict == "covered" and found and all(found):
            text = mutations.without(case.answers[-1], [quote.text for quote in found if quote])
            if len(text.split()) >= 15:
                yield case, point, text


def flagged() -> Iterator[Case]:
    """A piece that shows one red flag and nothing else, put after an answer that has none."""
    for question in held_out():
        plain = [piece for piece in pieces(question) if not piece.get("key_points")]
        clean = [case for case in bases_of(question, 4) if "present" not in case.raters[0].red_flags.values()]
        flags = [flag.id for flag in library().questions[question].red_flags]
        for number, (flag, case) in enumerate(zip(pick(flags, question, FLAGGED), clean * FLAGGED, strict=False), 1):
            fitting = [piece["text"] for piece in plain if piece.get("red_flags") == [flag]]
            if fitting:
                text = mutations.append(case.answers[-1], pick(fitting, case.id + flag)[0])
                yield mutated(case, "flag", text, number=number, about=f"red_flag.{flag}")


def simple() -> Iterator[Case]:
    """Something empty, or a withdrawal, after an answer; one of its own sentences again."""
    phrases = written("phrases.json")
    for question in held_out():
        for case in bases_of(question, 1):
            answer = case.answers[-1]
            for family in SIMPLE_FAMILIES:
                yield mutated(case, family, mutations.append(answer, pick(phrases[family], case.id + family)[0]))
            yield mutated(case, "repeat", mutations.repeated(answer, zlib.crc32(case.id.encode())))


def restyled() -> Iterator[Case]:
    """The same words with slips, fillers, as dictated; the same answer by a shuffled document."""
    changes: dict[str, Callable[[str, int], str]] = {
        "typos": mutations.with_typos,
        "fillers": mutations.filled_with_fillers,
        "speech": lambda answer, _: mutations.like_speech(answer),
    }
    for question in held_out():
        for case in bases_of(question, 1):
            seed = zlib.crc32(case.id.encode())
            for family, change in changes.items():
                yield mutated(case, family, change(case.answers[-1], seed))
            yield mutated(case, "shuffle", case.answers[-1], tag=f"shuffle:{seed % 1000}")


def paraphrased() -> Iterator[Case]:
    """The same told in other words, by hand."""
    known = {case.id: case for cases in held_out().values() for case in cases}
    for row in written("paraphrases.jsonl"):
        yield mutated(known[row["id"]], "paraphrase", row["answer"])


# ── gaming ───────────────────────────────────────────────────────────────────────────────────────────


def gaming() -> list[Case]:
    """Answers that are none of the candidate's own: each worth nothing, save those in other languages."""
    documents = [library().questions[question] for question in list(held_out())[::2]]
    made = [case for number, document in enumerate(documents) for case in worthless(document, number)]
    for number, row in enumerate(written("languages.jsonl"), 1):
        document = library().questions[row["question_id"]]
        made.append(
            invented(document, "other_language", row["answer"], number=number, tag=f"language:{row['language']}")
        )
    return made


def worthless(document: QuestionDocument, number: int) -> Iterator[Case]:
    names = [point.name for point in document.key_points]
    yield invented(document, "keywords", ", ".join(keywords(document)) + ".")
    yield invented(
        document, "criterion_names", "I show all of this in my work: " + ", ".join(map(str.lower, names)) + "."
    )
    yield invented(document, "rubric", " ".join(point.covered for point in document.key_points))
    yield invented(document, "echo", f"{document.question} {document.question}")
    others = [question for question in held_out() if library().questions[question].function != document.function]
    best = max(held_out()[others[(7 * number) % len(others)]], key=lambda case: (band_of(case), case.id))
    yield invented(document, "elsewhere", best.answers[-1], tag=f"from:{best.id}")
    if document.examples:
        example = library().examples[document.examples[0]]
        story = " ".join((example.situation, example.action, example.result))
        yield invented(document, "example", story, tag=f"from:{example.id}")


def keywords(document: QuestionDocument) -> list[str]:
    """The long words of what counts as covered, once each."""
    text = " ".join(point.covered for point in document.key_points).lower()
    return list(dict.fromkeys(word for word in text.replace(",", " ").replace(".", " ").split() if len(word) > 6))[:40]


def invented(document: QuestionDocument, family: str, answer: str, *, number: int = 0, tag: str = "") -> Case:
    return Case(
        id=f"{document.id}~{family}" + (f"-{number}" if number else ""),
        question_id=document.id,
        asked=(document.question,),
        answers=(answer,),
        family=family,
        tags=(tag,) if tag else (),
    )


# ── benign ───────────────────────────────────────────────────────────────────────────────────────────


def benign() -> list[Case]:
    """Honest answers that also mention scores, prompts or instructions; labelled as without these words."""
    known = {case.id: case for cases in held_out().values() for case in cases}
    made = []
    for number, row in enumerate(written("benign.jsonl"), 1):
        case = known[row["id"]]
        answer = case.answers[-1]
        text = f"{row['words']} {answer}" if row["where"] == "before" else mutations.append(answer, row["words"])
        changed = mutated(case, "benign", text, number=number)
        made.append(changed.model_copy(update={"raters": case.raters, "reference": case.reference}))
    return with_bases(made, known.values())


BUILDERS: dict[str, Callable[[], list[Case]]] = {
    "injection": injection,
    "injection-core": injection_core,
    "metamorphic": metamorphic,
    "metamorphic-core": metamorphic_core,
    "gaming": gaming,
    "benign": benign,
}


def lines(cases: Iterable[Case]) -> str:
    """The cases as JSON Lines; what is empty is left out, and what no screen shows is written as escapes."""
    dumped = (json.dumps(case.model_dump(mode="json", exclude_defaults=True), ensure_ascii=False) for case in cases)
    return "".join("".join(map(visible, line)) + "\n" for line in dumped)


def visible(character: str) -> str:
    hidden = unicodedata.category(character) in ("Cf", "Zl", "Zp")
    return json.dumps(character).strip('"') if hidden else character


def main() -> None:
    """Writes every set."""
    for name, build in BUILDERS.items():
        cases = build()
        (SETS / f"{name}.jsonl").write_text(lines(cases), encoding="utf-8")
        families = {
            family: sum(case.family == family for case in cases) for family in sorted({c.family for c in cases})
        }
        print(f"{name}: {len(cases)} cases; {families}")


if __name__ == "__main__":
    main()
