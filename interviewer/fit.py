"""Ranks questions by how well they fit a pasted job ad or CV, with the words that say so; never sees a criterion.

A question's score against a text is share + likeness. The share is how much of what candidates may know of the
question (question, role, line of work, job, themes) the text uses: of its stems, each weighing log(1 + (N - n + ½) /
(n + ½)) as it stands in n of N questions (the rarity of BM25), the part that occurs. The likeness is the mean cosine
between the question and the three sentences most like it, both as the encoder's half-way states less what is common to
all. `evals/measure_fit.py` measures each alone and both together, and how often each grade of fit is right.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from .encoder import Encoder
from .language import is_english
from .pasted import LONGEST_TEXT, plain_text
from .phrases import _
from .schema import Library, QuestionDocument, Record, Sentence
from .sentences import split_sentences
from .stems import places, stems, telling_stems

__all__ = ["PARTLY", "Fit", "Fitting", "Ranking", "Reason", "rank", "rank_rows", "why"]

Fit = Literal["close", "partly", "little"]
Method = Literal["words", "encoder", "both"]
_CLOSE = 0.32
"""Least score of a close fit: on half of `evals/fit/ads.jsonl`, four in five of these were picked."""
PARTLY = 0.25
"""Least score of a partial one: of close and partial ones together, more than half were picked there."""
CLOSE_WORDS, PARTLY_WORDS = 0.2, 0.12
"""The same where only words could be matched."""
WEIGHT_OF_CV = 0.25
"""What a CV's score adds to the ad's; a choice that nobody has measured."""
LIKE_SENTENCES = 3
LEAST_LIKE = 0.3
"""Likeness from which a sentence is shown though it shares no word with the question."""
_MOST_REASONS = 2
# Subtracted from every sentence: what ads have in common says nothing. Written for this; none is in the measured set.
_COMMON = """You drive a van along fixed routes and hand parcels over.
You teach mathematics to pupils aged eleven to sixteen.
You cut, colour and style hair in a small salon.
You keep the accounts of forty clients and prepare their tax returns.
You write software in a team of five and review what others wrote.
You clean offices in the evening, on your own, with your own keys.
You lay bricks and read drawings on sites across the county.
You advise patients on medicines and prepare prescriptions.
You plan menus and cook for ninety children a day.
You answer the phone, sort the post and greet visitors.
You sell machines to farms and look after them for years.
You lead a department of twelve and report to the board.
You look after elderly people in their homes.
You design leaflets and web pages to a brief.
You repair cars and explain to their owners what was done.
You recruit staff and run their first week.
You guard a building at night and write a log.
You load lorries and keep the yard tidy.
You serve food and drinks at the bar.
You analyse figures and present them every month.
We are a family firm with many branches and offer a pension and holidays.
You are reliable, flexible, friendly and well organised.
You work with people and by yourself, also under pressure.
Experience and a licence are welcome; full training is given.
Please send your CV and say when you could start."""

Floats = NDArray[np.float32]


class Reason(Record):
    """A sentence of the ad or CV that speaks for a question."""

    source: Literal["ad", "cv"]
    text: str
    """Verbatim, from the text without its markup."""
    words: tuple[tuple[int, int], ...] = ()
    """(start, one past the end) in `text` of words that the question has too; none: only the sense is alike."""


class Fitting(Record):
    """One question with how well it fits, and why."""

    document: QuestionDocument
    fit: Fit
    score: float
    """For sorting alone: it is no probability, and is never shown."""
    role: bool = False
    """Whether the role's title stands in the ad or CV."""
    themes: tuple[str, ...] = ()
    """Its themes that are named there."""
    reasons: tuple[Reason, ...] = ()


class Ranking(Record):
    """All questions, the best first."""

    questions: tuple[Fitting, ...] = ()
    """Empty when there was nothing to read."""
    notes: tuple[str, ...] = ()
    """What could not be done as usual, each in a sentence."""

    @property
    def fits(self) -> bool:
        """Whether any question fits at least partly."""
        return any(one.fit != "little" for one in self.questions)

    @property
    def telling(self) -> tuple[str, ...]:
        """The ad's sentences that speak for a question, those of the best question first."""
        reasons = (reason for one in self.questions for reason in one.reasons if reason.source == "ad")
        return tuple(dict.fromkeys(reason.text for reason in reasons))


def rank(
    library: Library, ad: str = "", cv: str = "", *, encoder: Encoder | None = None, method: Method = "both"
) -> Ranking:
    """The library's questions, those first that fit the ad best; a CV adds a quarter of its own score.

    Args:
        library: of its questions, only what candidates may know is read.
        ad: as pasted; markup is taken out.
        cv: the same; alone, it takes the ad's place.
        encoder: None: words alone are matched.
        method: what counts; the other two are there to be measured.
    """
    notes: list[str] = []
    texts: dict[Literal["ad", "cv"], str] = {}
    name: Literal["ad", "cv"]
    for name, given in (("ad", ad), ("cv", cv)):
        whole = plain_text(given)
        texts[name] = whole[:LONGEST_TEXT]
        if len(whole) > LONGEST_TEXT:
            notes.append(_("Only the first {count:,} characters of a text are read.").format(count=LONGEST_TEXT))
    read = {name: _sentences(text) for name, text in texts.items()}
    if not any(read.values()) or not library.questions:
        return Ranking(notes=tuple(notes))
    documents = tuple(library.questions.values())
    english = {name: is_english([text]) for name, text in texts.items()}
    if not all(english.values()):
        notes.append(
            _(
                "Only English can be matched. This text does not read as English, so only words that it shares with a "
                "question count."
            )
        )
    scored = {
        name: _Scored(documents, read[name], encoder if english[name] else None, method) for name in read if read[name]
    }
    main, *more = scored.values()
    total = main.score + sum(WEIGHT_OF_CV * one.score for one in more)
    order = np.argsort(-total, kind="stable")
    found = tuple(_fitting(documents[place], int(place), scored, float(total[place])) for place in order)
    return Ranking(questions=found, notes=tuple(dict.fromkeys(notes)))


def rank_rows(ranking: Ranking, most: int = 10) -> list[tuple[str, str, str, str]]:
    """(fit, id, question, why) of the first so many, for a terminal."""
    return [(one.fit, one.document.id, one.document.question, why(one)) for one in ranking.questions[:most]]


def why(one: Fitting) -> str:
    """The reasons in one line."""
    if one.fit == "little":
        return _("Nothing in the text points to this.")
    named = [one.document.role] * one.role + list(one.themes)
    quoted = [f"“{reason.text}”" for reason in one.reasons]
    return " · ".join([*named, *quoted])


class _Scored:
    """One text held against every question."""

    def __init__(
        self,
        documents: Sequence[QuestionDocument],
        sentences: Sequence[Sentence],
        encoder: Encoder | None,
        method: Method,
    ) -> None:
        self.sentences = sentences
        self.places = [tuple(places(one.text)) for one in sentences]
        self.stems = [{one for one, _span in found} for found in self.places]
        self.terms, self.rarity = _known(tuple(map(_public, documents)))
        said = set().union(*self.stems)
        share = np.array([self._weight(terms & said) / max(self._weight(terms), 1e-9) for terms in self.terms])
        self.likeness: Floats | None = None
        self.score = share if method != "encoder" else np.zeros(len(documents))
        if encoder is not None and method != "words":
            self.likeness = _likeness(encoder, [one.text for one in sentences], tuple(map(_public, documents)))
            self.score = self.score + np.sort(self.likeness, axis=0)[-LIKE_SENTENCES:].mean(axis=0)
        self.close, self.partly = (_CLOSE, PARTLY) if self.likeness is not None else (CLOSE_WORDS, PARTLY_WORDS)

    def fit(self, place: int) -> Fit:
        score = self.score[place]
        return "close" if score >= self.close else "partly" if score >= self.partly else "little"

    def reasons(self, place: int, source: Literal["ad", "cv"]) -> list[tuple[float, Reason]]:
        """The sentences that speak for a question, each with its weight."""
        terms, found = self.terms[place], []
        for row, sentence in enumerate(self.sentences):
            shared = terms & self.stems[row]
            like = float(self.likeness[row, place]) if self.likeness is not None else 0.0
            if shared or like >= LEAST_LIKE:
                words = [span for one, span in self.places[row] if one in shared]
                reason = Reason(source=source, text=sentence.text, words=tuple(words))
                found.append((self._weight(shared) / self._weight(terms) + like, reason))
        return found

    def names(self, title: str) -> bool:
        """Whether one sentence has every word of a title."""
        wanted = stems(title)
        return any(wanted <= stems for stems in self.stems)

    def _weight(self, terms: set[str] | frozenset[str]) -> float:
        return sum(self.rarity[term] for term in terms)


def _fitting(
    document: QuestionDocument, place: int, scored: Mapping[Literal["ad", "cv"], _Scored], score: float
) -> Fitting:
    fits = [one.fit(place) for one in scored.values()]
    fit: Fit = "close" if "close" in fits else "partly" if "partly" in fits else "little"
    if fit == "little":
        return Fitting(document=document, fit=fit, score=score)
    weighed = [reason for source, one in scored.items() for reason in one.reasons(place, source)]
    weighed.sort(key=lambda pair: -pair[0])
    if not weighed:  # alike as a whole, and no sentence to show for it
        return Fitting(document=document, fit="little", score=score)
    return Fitting(
        document=document,
        fit=fit,
        score=score,
        role=any(one.names(document.role) for one in scored.values()),
        themes=tuple(theme for theme in document.themes if any(one.names(theme) for one in scored.values())),
        reasons=tuple(reason for _weight, reason in weighed[:_MOST_REASONS]),
    )


def _sentences(text: str) -> tuple[Sentence, ...]:
    return split_sentences([text]) if text.strip() else ()


def _public(document: QuestionDocument) -> str:
    """What candidates may know of a question, as one text."""
    job = f"{document.role} ({document.function}). {document.role_description}"
    return f"{job} {document.question} {', '.join(document.themes)}"


@lru_cache(maxsize=4)
def _known(texts: tuple[str, ...]) -> tuple[list[frozenset[str]], dict[str, float]]:
    """Each text's stems, and how rare each is among the texts."""
    terms = [telling_stems(text) for text in texts]
    counts = Counter(term for one in terms for term in one)
    return terms, {term: math.log(1 + (len(texts) - n + 0.5) / (n + 0.5)) for term, n in counts.items()}


def _likeness(encoder: Encoder, sentences: Sequence[str], texts: tuple[str, ...]) -> Floats:
    """Cosine of each sentence with each text (sentences, texts)."""
    common, questions = _directions(encoder, texts)
    return np.asarray(_unit(encoder.about(sentences) - common) @ questions.T, np.float32)


@lru_cache(maxsize=4)
def _directions(encoder: Encoder, texts: tuple[str, ...]) -> tuple[Floats, Floats]:
    """What ads have in common (384,), and what sets each text apart from the others (texts, 384)."""
    vectors = np.stack([encoder.criterion(text) for text in texts])
    return _background(encoder), _unit(vectors - vectors.mean(axis=0))


def _background(encoder: Encoder) -> Floats:
    """The mean vector (384,) of sentences that could stand in any ad."""
    return np.asarray(encoder.about(_COMMON.splitlines()).mean(axis=0), np.float32)


def _unit(vectors: Floats) -> Floats:
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-9), np.float32)
