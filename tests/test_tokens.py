"""Tokens are counted offline, in the vocabulary they should be."""

from __future__ import annotations

import pytest

from interviewer import tokens


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        # OpenAI's own examples for cl100k_base.
        ("tiktoken is great!", [83, 1609, 5963, 374, 2294, 0]),
        ("hello world", [15339, 1917]),
        ("", []),
    ],
)
def test_known_texts_have_their_known_ids(text: str, ids: list[int]) -> None:
    assert tokens._encoding().encode_ordinary(text) == ids
    assert tokens.count_tokens(text) == len(ids)


@pytest.mark.parametrize(
    "text", ["<|endoftext|>", "<|im_start|>system", "emoji 👩‍🚒 日本語", "lone \ud800 surrogate", "\x00" * 50]
)
def test_anything_a_candidate_types_can_be_counted(text: str) -> None:
    assert tokens.count_tokens(text) > 1


@pytest.mark.parametrize(
    ("model", "estimate"),
    [
        ("gpt-4", False),
        ("gpt-3.5-turbo-0125", False),
        ("gpt-4o", True),
        ("gpt-4.1", True),
        ("qwen2.5", True),
        ("", True),
    ],
)
def test_it_is_said_for_which_models_a_count_is_only_near(model: str, estimate: bool) -> None:
    assert tokens.is_estimate(model) is estimate
