"""How an answer sounded: the arithmetic of pace and pauses, and what counts as a filler word."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interviewer.delivery import (
    PAUSE_SECONDS,
    SILENCE_SECONDS,
    combine,
    count_fillers,
    is_from,
    observe,
    silent_share,
    without_hesitations,
    words_per_minute,
)
from interviewer.schema import Delivery, SpokenWord, Transcript


def transcript(*gaps_and_lengths: tuple[float, float], first: float = 0.0) -> Transcript:
    """One word for each (gap before it, its length), in seconds."""
    words, at = [], first
    for gap, length in gaps_and_lengths:
        words.append(SpokenWord(text="word", start=at + gap, end=at + gap + length))
        at += gap + length
    return Transcript(text=" ".join(word.text for word in words), words=tuple(words), model="m")


def test_pace_pauses_and_silence_of_a_recording_worked_out_by_hand() -> None:
    # Six words of 0.5 s. Gaps: 0.1 (joined), 0.25 (silence), 1.5 (silence, no pause), 2.0 and 3.15 (pauses).
    heard = observe(transcript((9, 0.5), (0.1, 0.5), (0.25, 0.5), (1.5, 0.5), (2.0, 0.5), (3.15, 0.5)), english=True)
    assert heard.words == 6
    assert heard.seconds == pytest.approx(10.0)  # 6 × 0.5 + 0.1 + 0.25 + 1.5 + 2 + 3.15
    assert heard.silent_seconds == pytest.approx(6.9)  # 0.25 + 1.5 + 2 + 3.15
    assert heard.pauses == 2
    assert heard.longest_pause_seconds == pytest.approx(3.15)
    assert words_per_minute(heard) == pytest.approx(6 / 3.1 * 60)
    assert silent_share(heard) == pytest.approx(0.69)


def test_without_word_times_nothing_is_made_up() -> None:
    heard = observe(Transcript(text="Um, I was late.", model="m"), english=True)
    assert (heard.words, heard.fillers) == (4, {"um": 1})
    assert (heard.seconds, heard.silent_seconds, heard.pauses, heard.longest_pause_seconds) == (None,) * 4
    assert words_per_minute(heard) is None and silent_share(heard) is None


def test_a_single_short_word_has_no_pace() -> None:
    assert words_per_minute(observe(transcript((0, 0.3)), english=True)) is None


def test_words_that_overlap_make_no_silence_and_no_time_twice() -> None:
    words = (SpokenWord(text="I", start=0, end=3), SpokenWord(text="left", start=1, end=2))
    heard = observe(Transcript(text="I left", words=words), english=True)
    assert (heard.seconds, heard.silent_seconds, heard.pauses) == (3, 0, 0)


def test_filler_words_are_not_counted_in_another_language() -> None:
    assert observe(Transcript(text="Er ging um acht nach Hause."), english=False).fillers is None


GAPS = st.lists(
    st.tuples(st.floats(0, 60, allow_nan=False), st.floats(0.01, 5, allow_nan=False)), min_size=1, max_size=40
)


@given(GAPS, st.floats(0, 600))
def test_the_parts_add_up_and_the_start_of_the_recording_does_not_matter(
    gaps: list[tuple[float, float]], first: float
) -> None:
    heard, later = observe(transcript(*gaps), english=True), observe(transcript(*gaps, first=first), english=True)
    assert heard.seconds is not None and heard.silent_seconds is not None and heard.pauses is not None
    assert heard.longest_pause_seconds is not None
    assert heard.seconds == pytest.approx(sum(map(sum, gaps)) - gaps[0][0], abs=1e-6)
    assert 0 <= heard.silent_seconds <= heard.seconds + 1e-6
    assert heard.pauses * PAUSE_SECONDS <= heard.silent_seconds + 1e-6
    assert heard.longest_pause_seconds == 0 or heard.longest_pause_seconds > PAUSE_SECONDS
    assert heard.silent_seconds == pytest.approx(
        sum(gap for gap, _ in gaps[1:] if gap >= SILENCE_SECONDS), abs=1e-6 + SILENCE_SECONDS * 1e-6
    ) or any(abs(gap - SILENCE_SECONDS) < 1e-6 for gap, _ in gaps)
    assert later.seconds == pytest.approx(heard.seconds, abs=1e-6)
    share, pace = silent_share(heard), words_per_minute(heard)
    assert share is not None and 0 <= share <= 1
    assert pace is None or 0 < pace <= 60 * len(gaps)


@given(GAPS, GAPS)
def test_two_recordings_add_up_whichever_came_first(
    one: list[tuple[float, float]], two: list[tuple[float, float]]
) -> None:
    first, second = observe(transcript(*one), english=True), observe(transcript(*two), english=True)
    both, other_way = combine(first, second), combine(second, first)
    assert both == other_way
    assert both.words == len(one) + len(two) and both.recordings == 2
    assert first.seconds is not None and second.seconds is not None
    assert both.seconds == pytest.approx(first.seconds + second.seconds)
    assert both.longest_pause_seconds == max(first.longest_pause_seconds or 0, second.longest_pause_seconds or 0)


def test_what_is_unknown_of_one_recording_is_unknown_of_both() -> None:
    timed = observe(transcript((0, 1), (2, 1)), english=True)
    both = combine(timed, Delivery(words=3))
    assert (both.words, both.seconds, both.pauses, both.longest_pause_seconds, both.fillers) == (
        5,
        None,
        None,
        None,
        None,
    )


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Um, I was, uh, late. Er, then ummm I left. Erm.", {"um": 2, "uh": 1, "er": 1, "erm": 1}),
        ("I worked in the ER with UM Ltd. Uh-huh. To err is human. Umbrella. Uhm.", {"um": 1}),
        ("It was, you know, hard. You know, I tried. He left, you know.", {"you know": 3}),
        ("Do you know, as you know, you know how it goes. You know what I did.", {}),
        ("I mean, it was late. It was, I mean, closed. I mean it. What I mean is this.", {"I mean": 2}),
        ("I sort of knew. It's kind of hard. We just kind of left.", {"sort of": 1, "kind of": 2}),
        ("What kind of shop? A sort of shop. That was kind of you. All sorts of things.", {}),
        ("Basically, it was basically over.", {"basically": 2}),
        ("I like my work, so I actually like it.", {}),
    ],
)  # fmt: skip
def test_filler_words_are_counted_only_where_they_are_hardly_anything_else(text: str, found: dict[str, int]) -> None:
    assert count_fillers(text) == found


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ("Um, I was, uh, late.", "I was, late."),
        ("I um went. Er, then we left.", "I went. Then we left."),
        ("Um, uh, er, he came in e.g. by bus.", "He came in e.g. by bus."),
        ("Well, um.", "Well."),
        ("I work in the ER. Uh-huh, really.", "I work in the ER. Uh-huh, really."),
        ("Um. Uh.", ""),
        ("No hesitation here, you know.", "No hesitation here, you know."),
    ],
)
def test_hesitations_are_left_out_of_the_text_and_every_word_stays(said: str, written: str) -> None:
    assert without_hesitations(said) == written


@given(st.lists(st.sampled_from(["Um", "um,", ", uh,", "er", "I", "went", "home.", "Then", "you know,", "ER"])))
def test_leaving_hesitations_out_leaves_none_and_loses_no_other_word(parts: list[str]) -> None:
    written = without_hesitations(" ".join(parts))
    assert not {"um", "uh", "er"} & count_fillers(written).keys()
    kept = [part.lower() for part in parts if part.strip(" ,").lower() not in {"um", "uh", "er"} or part == "ER"]
    assert written.lower().replace(",", "").split() == " ".join(kept).replace(",", "").split()


def test_a_text_is_from_a_recording_while_most_of_its_words_are_in_it() -> None:
    said = "I took a breath and kept my voice low."
    assert is_from(said, "I took a deep breath and kept my voice down.")
    assert not is_from(said, "Something else was typed instead.")
    assert not is_from(said, "")
