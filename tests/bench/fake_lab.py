"""The lab on an engine that does nothing but what is asked of it through a pipe; for a terminal of a bench or a test.

``python -m tests.bench.fake_lab FOLDER [SETTING=VALUE …]``; each line in FOLDER/orders is an order.
"""

from __future__ import annotations

import os
import sys
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.bench.first_paint import environ
from tests.bench.pty_child import PtyChild


def main() -> None:
    """Run the lab."""
    from sdxl_tui.tui.run import make_quick

    make_quick()
    from sdxl_tui.core.models import CATALOGUE, DEMO
    from sdxl_tui.core.settings import Settings, read_setting
    from sdxl_tui.tui.app import LabApp
    from sdxl_tui.tui.run import terminal_of_its_own

    folder = Path(sys.argv[1])
    given = dict(word.split("=", 1) for word in sys.argv[2:])
    chosen = {name: read_setting(name, value, "") for name, value in given.items()}
    settings = replace(Settings(output_dir=folder, log_dir=folder), **chosen)
    app = LabApp(settings, CATALOGUE[DEMO], "a red fox", engine_factory=_engine)  # type: ignore[arg-type]
    threading.Thread(target=_obey, args=(app, folder / "orders"), daemon=True).start()
    with terminal_of_its_own(folder / "app_events.log"):
        app.run()
    os._exit(0)


def _engine(*values: Any) -> Any:
    from PIL import Image

    from tests.tui.fake_engine import FakeEngine

    class Painter(FakeEngine):
        def picture(self, size: tuple[int, int], index: int) -> Image.Image:
            """A smooth picture in which every cell differs from the next; each of a batch is another one."""
            round_, rising = Image.radial_gradient("L"), Image.linear_gradient("L")
            turned = rising.rotate(90 * (1 + len(self.jobs) + index) % 360)
            return Image.merge("RGB", (round_, rising, turned)).resize(size)

    return Painter(*values)


def _obey(app: Any, pipe: Path) -> None:
    from sdxl_tui.core.models import CATALOGUE, DEMO
    from sdxl_tui.core.vram import GIB, Card
    from sdxl_tui.engine import CardRead, Preview

    with pipe.open(encoding="utf-8") as orders:
        for order in orders:
            engine = app.rooms.desk.engine
            job = engine.jobs[-1] if engine.jobs else None
            match order.split():
                case ["finish"]:
                    engine.let_load(CATALOGUE[DEMO])
                    engine.let_start(job)
                    engine.let_finish(job)
                case ["start"]:
                    engine.let_start(job)
                case ["end"]:
                    engine.let_finish(job)
                case ["step", step]:
                    engine.let_step(job, int(step))
                case ["preview", turn]:
                    picture = engine.picture((128, 128), int(turn))
                    engine.emit(Preview(job.id, 0, picture))
                case ["meter", ours, load, heat, watts]:
                    mine = int(float(ours) * GIB)
                    card = Card(80 * GIB, 78 * GIB - mine, mine)
                    figures = int(load), int(heat), int(watts)
                    engine.emit(CardRead(card, *figures, (), "NVIDIA H100 80GB HBM3"))


class FakeLab:
    """The lab on its terminal, and the way to its engine."""

    def __init__(self, folder: Path, *settings: str, columns: int = 120, rows: int = 40) -> None:
        os.mkfifo(folder / "orders")
        command = [sys.executable, "-m", "tests.bench.fake_lab", str(folder), *settings]
        self.child = PtyChild(command, environ(str(folder)), columns, rows)
        self._orders = (folder / "orders").open("w", buffering=1, encoding="utf-8")

    def order(self, what: str) -> None:
        """Let the engine do something."""
        self._orders.write(what + "\n")


if __name__ == "__main__":
    main()
