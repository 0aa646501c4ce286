"""The parts below the screen: reports that merge, keys that are mended, a terminal of the lab's own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from textual._xterm_parser import XTermParser

from sdxl_tui.engine import ModelLoading, StepDone
from sdxl_tui.tui.keys import mend_escape_sequences
from sdxl_tui.tui.messages import EngineReport
from sdxl_tui.tui.tabs import TABS

OpenLab = Callable[..., Any]


def test_steps_of_one_job_merge_and_nothing_else() -> None:
    first, second = (EngineReport(StepDone("a", step, 12, 1.0, 1.0)) for step in (1, 2))
    other = EngineReport(StepDone("b", 1, 12, 1.0, 1.0))
    load = EngineReport(ModelLoading("demo", "Demo", "UNet", 0.5, 1.0, None))
    assert first.can_replace(second)
    assert not first.can_replace(other)
    assert not first.can_replace(load)
    assert load.can_replace(load)


def test_importing_the_app_brings_in_nothing_heavy() -> None:
    code = (
        "import sys, sdxl_tui.tui.app, sdxl_tui.tui.run\n"
        "heavy = 'torch', 'diffusers', 'transformers', 'PIL'\n"
        "print([name for name in heavy if name in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


def test_what_others_print_goes_to_the_log_while_the_lab_runs(tmp_path: Path) -> None:
    code = (
        "import os, pathlib, sys\n"
        "from sdxl_tui.tui.run import terminal_of_its_own\n"
        "with terminal_of_its_own(pathlib.Path(sys.argv[1])):\n"
        "    os.write(1, b'from C on 1\\n'); os.write(2, b'from C on 2\\n')\n"
        "    print('to the screen', file=sys.__stderr__, flush=True)\n"
        "os.write(1, b'after\\n')\n"
    )
    log = tmp_path / "app_events.log"
    result = subprocess.run([sys.executable, "-c", code, str(log)], capture_output=True, check=True, env=os.environ)
    assert log.read_bytes() == b"from C on 1\nfrom C on 2\n"
    assert result.stdout == b"to the screen\nafter\n"
    assert result.stderr == b""


async def test_every_screen_opens_from_every_other_one(open_lab: OpenLab) -> None:
    async with open_lab() as lab:
        for digit in "12561652":
            await lab.press("escape", digit)
            name = next(tab.name for tab in TABS if tab.digit == digit)
            await lab.until(lambda name=name: getattr(lab.app.screen, "TAB", "") == name)


def test_a_chord_is_a_chord_also_when_the_next_one_follows_at_once() -> None:
    """A hurried ``esc`` and a digit is one too: it opens the screen, and types nothing."""
    mend_escape_sequences()
    keys = [event.key for event in XTermParser().feed("\x1be\x1bt\x1b2a\x1b[C") if hasattr(event, "key")]
    assert keys == ["alt+e", "alt+t", "alt+2", "a", "right"]
