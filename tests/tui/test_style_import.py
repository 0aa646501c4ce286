"""Styles of other programs come in on the Styles screen."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sdxl_tui.core.styles import load_styles
from tests.core.test_style_files import CSV
from tests.tui.test_style_editing import hears, open_styles, own  # noqa: F401 - fixtures

OpenLab = Callable[..., Any]


async def read(lab: Any, file: Path) -> None:
    """Name a file and let it be read."""
    await lab.press("o")
    await lab.paste(str(file))
    await lab.press("enter")


async def test_all_that_is_new_comes_in(open_styles: OpenLab, own: Path, tmp_path: Path) -> None:  # noqa: F811
    (tmp_path / "styles.csv").write_text(CSV, encoding="utf-8-sig")
    async with open_styles() as lab:
        await read(lab, tmp_path / "styles.csv")
        await lab.until(lambda: "6 of 7 are taken, 1 is here already" in lab.shown)
        await lab.sees("as Cinematic 2")
        await lab.sees("Line 2, None, says nothing.")
        await lab.sees("[/] [red]x[/red]")
        await lab.until(lambda: "black and white, {prompt}" in " ".join(lab.shown.split()))
        await lab.press("enter")
        await hears(lab, "6 styles imported to")
        assert lab.app.screen.list.selected == "film-noir"
        assert lab.app.focused.id == "styles"
        assert {"film-noir", "cinematic-2", "etc-passwd"} <= set(lab.app.screen.list.shown)
        assert len(list(own.iterdir())) == 7
        await read(lab, tmp_path / "styles.csv")
        await lab.until(lambda: "0 of 7 are taken, 7 are here already" in lab.shown)
        await lab.press("enter")
        await hears(lab, "Nothing is marked")
        await lab.press("escape")
        assert not lab.app.screen.is_importing
        assert len(list(own.iterdir())) == 7


async def test_some_are_left_out_by_key_and_mouse(open_styles: OpenLab, own: Path, tmp_path: Path) -> None:  # noqa: F811
    rows = [{"name": name, "prompt": f"{name} {{prompt}}"} for name in ("one", "two", "three", "noir")]
    (tmp_path / "f.json").write_text(json.dumps(rows))
    async with open_styles() as lab:
        await read(lab, tmp_path / "f.json")
        await lab.sees("4 of 4 are taken")
        await lab.sees("as Noir 2")
        await lab.press("space", "r")
        await lab.sees("2 of 4 are taken")
        await lab.pilot.click(lab.app.screen.importer.list, offset=(1, 1))
        await lab.sees("1 of 4 are taken")
        await lab.press("a")
        await lab.sees("4 of 4 are taken")
        await lab.press("a", "space")
        await lab.sees("1 of 4 are taken")
        await lab.press("enter")
        await hears(lab, "1 style imported to")
        assert sorted(file.name for file in own.iterdir()) == ["noir.toml", "two.toml"]
        assert load_styles()[0]["two"].name == "Two"


async def test_a_file_that_cannot_be_read_is_a_sentence(open_styles: OpenLab, tmp_path: Path) -> None:  # noqa: F811
    (tmp_path / "x.json").write_text("[1,")
    async with open_styles() as lab:
        await read(lab, tmp_path / "x.json")
        await hears(lab, "× x.json is not valid JSON: line 1")
        assert lab.app.focused.id == "style-file"
        await lab.press("escape", "o", "enter")
        assert lab.app.screen.is_importing


async def test_a_full_disk_keeps_the_rest_to_be_tried_again(
    open_styles: OpenLab,  # noqa: F811
    own: Path,  # noqa: F811
    tmp_path: Path,
    monkeypatch: Any,
) -> None:
    (tmp_path / "f.json").write_text(json.dumps([{"name": name, "prompt": name} for name in ("one", "two")]))

    def full(file: Path) -> None:
        if "two" in file.name:
            raise OSError(28, "No space left on device")

    async with open_styles() as lab:
        await read(lab, tmp_path / "f.json")
        await lab.sees("2 of 2 are taken")
        with monkeypatch.context() as patch:
            patch.setattr("sdxl_tui.core.toml.sync_file", full)
            await lab.press("enter")
            await hears(lab, "× 1 of 2 are imported. The style 'Two' is not")
        await lab.sees("1 of 2 are taken, 1 is here already")
        await lab.press("enter")
        await hears(lab, "1 style imported to")
        assert (own / "two.toml").exists()


async def test_the_path_is_completed_with_files_of_styles_only(
    open_styles: OpenLab,  # noqa: F811
    tmp_path: Path,
) -> None:
    (tmp_path / "styles.csv").write_text(CSV)
    (tmp_path / "sty.png").touch()
    async with open_styles() as lab:
        await lab.press("o")
        await lab.paste(str(tmp_path / "sty"))
        await lab.until(lambda: lab.app.screen.importer.path.completer.found == [str(tmp_path / "styles.csv")])
