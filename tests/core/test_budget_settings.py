"""Budgets as settings, and what the lab remembers of models between two starts."""

from __future__ import annotations

from pathlib import Path

import pytest

from sdxl_tui.core import state
from sdxl_tui.core.errors import UserError
from sdxl_tui.core.settings import load_settings


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SDXL_TUI_HOME", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize(("written", "read"), [("24", "24"), ('"auto"', "auto"), ("1.5", "1.5"), ('" 0 "', "0")])
def test_a_budget_is_gib_or_auto(home: Path, written: str, read: str) -> None:
    (home / "settings.toml").write_text(f"keep_vram = {written}\n")
    assert load_settings(environ={}).keep_vram == read
    assert load_settings(environ={"SDXL_TUI_KEEP_RAM": "32"}).keep_ram == "32"


@pytest.mark.parametrize("bad", ["-1", "lots", "true", "nan", "1e3", "[1]"])
def test_a_budget_that_is_none_is_named(home: Path, bad: str) -> None:
    written = bad if bad in ("-1", "true", "nan", "[1]") else f'"{bad}"'
    (home / "settings.toml").write_text(f"keep_ram = {written}\n")
    with pytest.raises(UserError, match=r"'keep_ram' in .* must be \"auto\" or a number of GiB such as 24, not"):
        load_settings(environ={})
    (home / "settings.toml").write_text('job_vram = "auto"\n')
    with pytest.raises(UserError, match=r"'job_vram' in .* must be a number of GiB"):
        load_settings(environ={})


def test_marks_and_times_are_remembered_side_by_side(home: Path) -> None:
    assert state.kept_warm() == frozenset()
    assert state.switch_seconds() == {}
    state.remember_load_seconds("a/model", 1.234)
    state.keep_warm("a/model", True)
    state.keep_warm("b/model", True)
    state.remember_switch_seconds("VRAM", 0.0071)
    state.keep_warm("a/model", False)
    assert state.kept_warm() == {"b/model"}
    assert state.load_seconds("a/model") == 1.23
    assert state.switch_seconds() == {"VRAM": 0.0071}


@pytest.mark.parametrize("text", ["", "[]", '{"keep_warm": 3, "switch_seconds": [1]}', '{"keep_warm": {"a": 1}}'])
def test_a_damaged_state_is_empty_and_takes_new_marks(home: Path, text: str) -> None:
    (home / "state.json").write_text(text)
    assert state.kept_warm() == frozenset()
    assert state.switch_seconds() == {}
    state.keep_warm("b/model", True)
    assert "b/model" in state.kept_warm()
