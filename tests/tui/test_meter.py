"""The card's meter in the header, and the processor's name where there is no card."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from textual.events import AppBlur, AppFocus

from sdxl_tui.core.vram import Card
from sdxl_tui.engine import ModelLoaded
from sdxl_tui.tui.meter_wording import bar_parts, few_gib, sensor_parts, short_name
from tests.tui.conftest import REAL

OpenLab = Callable[..., Any]
GIB = 1024**3
CARD = Card(80 * GIB, 54 * GIB, 16 * GIB)


def header(lab: Any) -> list[str]:
    """The first two rows."""
    return lab.shown.splitlines()[:2]


async def show(lab: Any, card: Card = CARD, load: int = 97) -> None:
    """Load a model on a card, and read it."""
    lab.engine.let_read(card, load)
    await lab.until(lambda: lab.state.meter is not None and lab.state.device)
    lab.engine.emit(ModelLoaded(REAL, "RealVisXL V5.0", 0.4, "NVIDIA H100 80GB HBM3"))
    await lab.until(lambda: lab.state.model)
    await lab.pilot.pause()


async def test_the_header_has_the_card_with_its_memory_load_and_heat(open_lab: OpenLab) -> None:
    async with open_lab() as lab:
        await show(lab)
        first, second = header(lab)
        if lab.app.size.width < 100:
            assert "● RealVisXL V5.0" in first
            assert re.search(r" 54( GiB free|G)$", first.rstrip())
            return
        assert re.search("H100 ━+╍+─+ ", first)
        assert first.endswith("─  54 GiB free ")
        assert second.endswith("97% 61° 412W ")


@pytest.mark.parametrize("size", [(120, 40), (200, 60)], ids=str)
async def test_no_cell_moves_when_a_figure_changes(open_lab: OpenLab) -> None:
    async with open_lab() as lab:
        await show(lab)
        before = header(lab)
        lab.engine.let_read(replace(CARD, free=9 * GIB, ours=61 * GIB), load=5)
        await lab.sees("9.0 GiB free")
        after = header(lab)
        assert [before[0].index("H100"), before[0].index("GiB")] == [after[0].index("H100"), after[0].index("GiB")]
        assert before[1].index("%") == after[1].index("%")
        for _ in range(4):
            await lab.press("enter")
        await lab.until(lambda: not lab.state.waiting or "+" in header(lab)[0])
        assert header(lab)[0].index("H100") == after[0].index("H100")


async def test_on_a_cpu_it_says_so(open_lab: OpenLab) -> None:
    async with open_lab(prompt="a red fox") as lab:
        lab.engine.let_load(lab.draft.model)
        await lab.until(lambda: lab.state.device)
        await lab.pilot.pause()
        assert ("no GPU: CPU, 2 cores" in header(lab)[0]) == (lab.app.size.width >= 100)
        assert "GiB free" not in lab.shown


async def test_nobody_looks_at_a_terminal_without_the_focus(open_lab: OpenLab) -> None:
    async with open_lab() as lab:
        assert lab.engine.shows_meter
        lab.app.post_message(AppBlur())
        await lab.until(lambda: not lab.engine.shows_meter)
        lab.app.post_message(AppFocus())
        await lab.until(lambda: lab.engine.shows_meter)


@pytest.mark.parametrize("size", [(120, 40)], ids=str)
async def test_a_reading_that_shows_the_same_paints_nothing(open_lab: OpenLab, monkeypatch: pytest.MonkeyPatch) -> None:
    async with open_lab() as lab:
        await show(lab)
        await lab.pilot.pause(0.2)
        painted: list[object] = []
        display = lab.app._display
        monkeypatch.setattr(lab.app, "_display", lambda *a: (painted.append(a), display(*a)))
        lab.engine.let_read(replace(CARD, free=CARD.free + 1000))
        await lab.until(lambda: lab.state.meter.card.free == CARD.free + 1000)
        await lab.pilot.pause(0.2)
        assert painted == []
        lab.engine.let_read(replace(CARD, free=20 * GIB))
        await lab.sees("20 GiB free")
        assert painted


@pytest.mark.parametrize("size", [(120, 40)], ids=str)
async def test_every_screen_has_it(open_lab: OpenLab) -> None:
    async with open_lab() as lab:
        await show(lab)
        for key in ("alt+2", "alt+6", "alt+7"):
            await lab.press(key)
            lab.engine.let_read(replace(CARD, free=int(key[-1]) * 10 * GIB))
            await lab.sees(f"{key[-1]}0 GiB free")


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("NVIDIA H100 80GB HBM3", "H100"),
        ("NVIDIA A100-SXM4-80GB", "A100"),
        ("NVIDIA A100-SXM4-40GB MIG 1g.5gb", "A100 MIG 1g.5gb"),
        ("NVIDIA GeForce RTX 4090", "RTX 4090"),
        ("NVIDIA GeForce RTX 3080 Laptop GPU", "RTX 3080"),
        ("NVIDIA RTX 6000 Ada Generation", "RTX 6000 Ada"),
        ("Tesla V100-SXM2-32GB", "V100"),
        ("Tesla T4", "T4"),
        ("NVIDIA H100 PCIe", "H100"),
        ("NVIDIA", "NVIDIA"),
        ("", ""),
    ],
)
def test_a_card_is_called_as_people_say_it(name: str, short: str) -> None:
    assert short_name(name) == short or (len(short) > 14 and short_name(name) == f"{short[:13]}…")


def test_figures_have_their_cells() -> None:
    from sdxl_tui.engine import CardRead

    assert [few_gib(int(size * GIB)) for size in (0, 9.6, 9.97, 54.4, 141)] == ["0.0", "9.6", " 10", " 54", "141"]
    read = CardRead(CARD, 5, None, 412)
    lengths = {sum(len(text) for text, _ in sensor_parts(other)) for other in (read, replace(read, load=100, watts=90))}
    assert len(lengths) == 1
    assert sensor_parts(replace(read, load=None, watts=None)) == []
    bar = bar_parts(replace(read, card=Card(80 * GIB, 80 * GIB, 0)), 10)
    assert bar == [("─" * 10, "track")]
    full = bar_parts(replace(read, card=Card(80 * GIB, 0, 79 * GIB)), 10)
    assert sum(len(text) for text, _ in full) == 10
