"""``sdxl-tui settings keys``, and keys set, told and reset by their ids."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.test_settings import home, printed

__all__ = ["home"]


def test_all_keys_are_listed_with_what_they_do(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / "settings.toml").write_text('[keys]\n"generate.steps" = "ctrl+g"\n')
    out, err = printed(capsys, "keys")
    [steps] = [row for row in out.splitlines() if row.startswith("  generate.steps ")]
    assert "^g" in steps
    assert "Set the number of steps" in steps
    assert "(yours; shipped: e)" in steps
    assert "sdxl-tui settings set keys.generate.steps ctrl+g" in out
    assert not err


def test_as_json(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / "settings.toml").write_text('[keys]\n"generate.steps" = "ctrl+g"\n')
    rows = {row["id"]: row for row in json.loads(printed(capsys, "keys", "--json")[0])}
    assert rows["generate.steps"]["keys"] == ["ctrl+g"]
    assert rows["generate.steps"]["default"] == ["e", "alt+e"]
    assert rows["generate.steps"]["own"]
    assert not rows["generate.guidance"]["own"]


def test_set_get_reset(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out, err = printed(capsys, "set", "keys.generate.steps", "S,f12")
    assert "generate.steps = S F12, written to" in out
    assert not err
    assert printed(capsys, "get", "keys.generate.steps")[0] == "S, f12\n"
    assert "generate.steps = e, taken out of" in printed(capsys, "reset", "keys.generate.steps")[0]
    assert printed(capsys, "get", "keys.generate.steps")[0] == "e\n"


def test_a_conflict_is_named_when_it_is_set_and_in_the_list(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sentence = "g is your key of generate.steps: generate.guidance loses it there."
    assert sentence in printed(capsys, "set", "keys.generate.steps", "g")[1]
    assert sentence in printed(capsys)[1]
    assert sentence in printed(capsys, "keys")[1]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("set", "keys.queue.puase", "g"), "There is no key 'queue.puase'; did you mean queue.pause?"),
        (("set", "keys.queue.pause", "ctrl+i"), "terminals send it as tab"),
        (("set", "keys.queue.pause"), "Which key?"),
        (("set", "keys.app.quit", "q"), "works in text too"),
        (("set", "keys.app.quit", ""), "needs a key"),
        (("reset", "keys.bogus"), "There is no key 'bogus'"),
    ],
)
def test_what_cannot_be_is_one_sentence(
    home: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], words: str
) -> None:
    out, err = printed(capsys, *arguments, code=2)
    assert not out
    assert words in err
    assert len(err.splitlines()) == 1
    assert not (home / "settings.toml").exists()


def test_an_id_of_another_version_can_be_taken_out(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / "settings.toml").write_text('[keys]\n"generate.bogus" = "x"\n')
    assert "There is no key 'generate.bogus'" in printed(capsys)[1]
    assert "taken out of" in printed(capsys, "reset", "keys.generate.bogus")[0]
