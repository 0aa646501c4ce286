"""From nothing to pictures, as a process of its own: ``python -m sdxl_tui.engine.bench.fresh_process`` with a job.

It is told on the command line, in JSON, and prints what it measured, in JSON.
"""

from __future__ import annotations

import json
import sys
import time
from dataclasses import replace
from pathlib import Path

from sdxl_tui.core.models import CATALOGUE, DEMO
from sdxl_tui.core.settings import Settings
from sdxl_tui.engine.bench.lab import BenchLab
from sdxl_tui.engine.bench.plan import Shape


def main() -> None:
    """Start the engine, load, paint two pictures."""
    told = json.loads(sys.argv[1])
    model = replace(CATALOGUE[DEMO], id=told["model"], name=told["name"], folder=Path(told["folder"]))
    settings = Settings(output_dir=Path(told["output_dir"]), device=told["device"])
    request = Shape(**told["shape"]).request(model, told["speed"])
    with BenchLab(settings) as lab:
        lab.wake()
        measured = {"started": time.time() - told["began"], "loaded": lab.load(model).seconds}
        measured["first"], measured["later"] = (lab.run(request).seconds for _ in range(2))
    sys.stdout.write(json.dumps(measured))


if __name__ == "__main__":
    main()
