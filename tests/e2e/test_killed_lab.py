"""A lab that is killed: what waited is offered by the next one, and runs once it is let."""

from __future__ import annotations

import json
import os
import signal
import time
from collections import Counter
from pathlib import Path

from sdxl_tui.core.folder_lock import NAME
from sdxl_tui.core.joblog import read
from tests.e2e.terminal import LAB, Terminal


def test_jobs_outlive_a_kill_and_run_when_the_queue_is_let(tmp_path: Path) -> None:
    pictures = tmp_path / "output_images"
    first = Terminal(tmp_path, f"{LAB} demo")
    try:
        first.wait_for("Demo loaded in")
        first.press(*["Enter"] * 4)
        first.wait_for(r"\d+/12")
        os.kill(json.loads((pictures / NAME).read_text())["pid"], signal.SIGKILL)
        first.wait_for("exit code 137")
    finally:
        first.close()
    done = {record["job_id"] for record in read(pictures)}
    second = Terminal(tmp_path, f"{LAB} demo")
    try:
        second.wait_for(r"jobs? waits? from[\s\S]*before")
        second.press("Escape", "3")
        second.wait_for("waiting")
        second.press("Space")
        end = time.monotonic() + 90
        while len({record["job_id"] for record in read(pictures)}) < 4 and time.monotonic() < end:
            time.sleep(0.1)
        second.press("C-q")
        second.wait_for("exit code 0", seconds=20)
    finally:
        second.close()
    lines = list(read(pictures))
    assert Counter(line["status"] for line in lines) == {"done": 4}
    assert len({line["job_id"] for line in lines}) == 4
    assert done < {line["job_id"] for line in lines}
    assert {path.name for path in pictures.glob("*.png")} == {name for line in lines for name in line["outputs"]}
