"""The same words are encoded once, for each model, and the picture is the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sdxl_tui.engine import prompt_cache
from tests.engine.conftest import Lab, in_folder, request


@pytest.fixture
def encoded(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """The texts that went through the text encoders."""
    encode, texts = prompt_cache.encode, []

    def counting(pipe: Any, *given: str) -> Any:
        texts.append(given)
        return encode(pipe, *given)

    monkeypatch.setattr(prompt_cache, "encode", counting)
    return texts


def test_words_are_encoded_once(lab: Lab, encoded: list[tuple[str, ...]], demo_folder: Path) -> None:
    [first] = lab.pictures(seed=1, steps=1)
    [other] = lab.pictures(seed=2, steps=1)
    [again] = lab.pictures(seed=1, steps=1)
    assert first.tobytes() == again.tobytes() != other.tobytes()
    assert encoded == [("a red apple", "", "a1111")]
    lab.pictures(steps=1, negative_prompt="blue")
    lab.pictures("a (red) apple", steps=1)
    lab.pictures("a (red) apple", steps=1, prompt_syntax="plain")
    assert len(encoded) == 4
    lab.pictures(steps=1, model=in_folder(demo_folder, "test/other"))
    assert len(encoded) == 5


def test_the_log_line_says_its_tokens_all_the_same(lab: Lab) -> None:
    first, again = (lab.run(request("a red apple on a table", steps=1)).record["tokens"] for _ in range(2))
    assert first == again
    assert first["prompt"] > 4


def test_the_oldest_words_go_first(lab: Lab, encoded: list[tuple[str, ...]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prompt_cache, "MOST", 2)
    for prompt in ("one", "two", "one", "three", "one", "two"):
        lab.pictures(prompt, steps=1, width=64, height=64)
    assert [texts[0] for texts in encoded] == ["one", "two", "three", "two"]
