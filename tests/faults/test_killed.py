"""kill -9 at random moments: no torn picture, no torn line, no job lost or doubled. By hand large, here small."""

from __future__ import annotations

import os
import random
import subprocess
import sys

KILLS = 6


def test_a_killed_lab_loses_nothing() -> None:
    seed = random.randrange(2**32)
    command = [sys.executable, "-m", "tests.faults.killed", str(KILLS), str(seed)]
    ran = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "OMP_NUM_THREADS": "1"})
    assert ran.returncode == 0, f"{' '.join(command[1:])}\n{ran.stdout}\n{ran.stderr}"
    assert "all done once" in ran.stdout
