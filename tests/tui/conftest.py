"""A lab with the fake engine, at the sizes that matter."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
from textual.events import Paste
from textual.pilot import Pilot

from sdxl_tui.core.check import ModelReport
from sdxl_tui.core.models import CATALOGUE, DEMO, Model
from sdxl_tui.core.settings import Settings
from sdxl_tui.core.styles import Style
from sdxl_tui.tui.app import LabApp
from sdxl_tui.tui.painting.areas import BLOCKS
from sdxl_tui.tui.shelf import Shelf
from tests.tui.fake_engine import FakeEngine

NASTY = r"[/] [red]x[/red] [$accent] \["
STYLES = (
    Style("none", "None / Raw"),
    Style("cinematic", "Cinematic", "", "cinematic still, dramatic lighting", "flat lighting", "dpmpp_2m", 35, 5.0),
    Style("film", "35mm Film", "", "analog photo of {prompt}, grain"),
    Style("nasty", f"Nasty {NASTY}", "", NASTY, NASTY),
)
REAL = "SG161222/RealVisXL_V5.0"
BROKEN = "John6666/cyberrealistic-xl-v58-sdxl"
WAIT_SECONDS = 10


def check(model: Model) -> ModelReport:
    """The demo and one other are ready, one is broken, the rest is absent."""
    if model.id in (DEMO, REAL):
        return ModelReport(model, "ready", (), None, "", 0, {})
    if model.id == BROKEN:
        return ModelReport(model, "incomplete", ("unet/ has 3.1 of 4.8 GiB.",), None, "", 0, {})
    return ModelReport(model, "absent", (f"{model.name} is not in the cache.",), None, "", 0, {})


class Lab:
    """A running lab and the hands on it."""

    def __init__(self, app: LabApp, pilot: Pilot[None]) -> None:
        self.app = app
        self.pilot = pilot

    @property
    def engine(self) -> FakeEngine:
        """The engine that does what the test says."""
        return self.app.rooms.desk.engine

    @property
    def state(self) -> Any:
        """What the engine has reported."""
        return self.app.rooms.state

    @property
    def shelf(self) -> Shelf:
        """What can be chosen."""
        return self.app.rooms.shelf

    @property
    def home(self) -> Any:
        """The home screen."""
        return self.app.rooms.home

    @property
    def draft(self) -> Any:
        """What the form says."""
        return self.app.rooms.desk.draft

    @property
    def notes(self) -> list[str]:
        """The notices, in the order of reading."""
        return [f"{note.glyph} {note.text}" for note in self.app.notes.in_order()]

    @property
    def shown(self) -> str:
        """All the text on the screen."""
        rows = self.app.screen._compositor.render_strips()
        return "\n".join("".join(segment.text for segment in row) for row in rows)

    @property
    def pictured(self) -> int:
        """Cells beside each other that a picture has painted, in the row that has most: blocks of no theme's colour."""
        own = {value.lower() for value in self.app.get_css_variables().values()}
        most = 0
        for row in self.app.screen._compositor.render_strips():
            beside = 0
            for segment in row:
                ground = segment.style.bgcolor if segment.style else None
                painted = ground is not None and ground.triplet is not None and ground.triplet.hex not in own
                beside = beside + len(segment.text) if painted and set(segment.text) <= BLOCKS else 0
                most = max(most, beside)
        return most

    async def sees_picture(self, least: int = 4) -> None:
        """Wait until a picture of so many columns at least stands on the screen."""
        await self.until(lambda: self.pictured >= least)

    async def press(self, *keys: str) -> None:
        """Press keys, and let the lab act on them."""
        await self.pilot.press(*keys)
        await self.pilot.pause()

    async def type(self, text: str) -> None:
        """Type a text, a key each."""
        await self.press(*("space" if letter == " " else letter for letter in text))

    async def paste(self, text: str) -> None:
        """Paste a text where the hands are."""
        self.app.focused.post_message(Paste(text))
        await self.pilot.pause()

    async def until(self, condition: Callable[[], object]) -> None:
        """Wait until something is so."""
        end = monotonic() + WAIT_SECONDS
        while not condition():
            assert monotonic() < end, f"never came true; the screen says:\n{self.shown}\n{self.notes}"
            await self.pilot.pause(0.01)

    async def sees(self, text: str) -> None:
        """Wait until a text stands on the screen."""
        await self.until(lambda: text in self.shown)


@pytest.fixture(params=[(80, 24), (120, 40)], ids=["80x24", "120x40"])
def size(request: pytest.FixtureRequest) -> tuple[int, int]:
    """The sizes every screen has to work at."""
    return request.param


@pytest.fixture
def open_lab(tmp_path: Path, size: tuple[int, int]) -> Callable[..., Any]:
    """Return a way to open a lab; its options go to LabApp."""

    @asynccontextmanager
    async def opened(
        model: str | None = DEMO, settings: Any = (), shelf: Shelf | None = None, **options: Any
    ) -> AsyncIterator[Lab]:
        shelf = shelf or Shelf(dict(CATALOGUE), {style.id: style for style in STYLES}, [], check)
        given = CATALOGUE[model] if model else None
        chosen = {"colours": "truecolor", **dict(settings)}
        places = {"output_dir": tmp_path / "pictures", "log_dir": tmp_path / "logs"}
        app = LabApp(Settings(**places, **chosen), given, shelf=shelf, engine_factory=FakeEngine, **options)
        async with app.run_test(size=size) as pilot:
            lab = Lab(app, pilot)
            await lab.until(lambda: app.rooms is not None)
            if not app.is_read_only:
                await lab.until(lambda: lab.engine.started and shelf.reports)
            await pilot.pause()
            yield lab

    return opened
