"""What jobs take of the card, and the lines that the lab's estimate is made of.

``python -m tests.bench.vram measure FILE``, on a GPU, runs small jobs on the full-size SDXL with random weights and
writes what each took; ``python -m tests.bench.vram fit FILE`` writes ``sdxl_tui/core/vram_fit.json`` from that.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from PIL import Image

from sdxl_tui.core.animation import LIGHT
from sdxl_tui.core.errors import UserError
from sdxl_tui.core.hires import Hires
from sdxl_tui.core.models import Model
from sdxl_tui.core.modes import ANIMATE_STEPS, IMG2IMG, INPAINT, TXT2IMG
from sdxl_tui.core.plans import Plan
from sdxl_tui.core.request import GenerationRequest
from sdxl_tui.core.settings import Settings
from sdxl_tui.core.speeds import EAGER, EXACT, FAST
from sdxl_tui.core.styles import NONE, Style

STEPS = 2
MIB = 2**20
OURS = ("denoise", "graph", "decode", "encode")


@dataclass(frozen=True)
class Case:
    """A job to measure."""

    speed: str
    mode: str
    width: int
    height: int
    batch: int = 1
    guidance: float = 6.0
    hires: float = 0.0
    held_out: bool = False
    """It takes no part in the fit."""

    def request(self, model: Model, init: Path, mask: Path) -> GenerationRequest:
        """The job as the lab is asked for it, from a card on which nothing but the model's weights lies."""
        own: dict[str, Any] = {}
        if self.mode in (IMG2IMG, INPAINT):
            own = {"init_image": init, "strength": 1.0 if self.mode == INPAINT else 0.99, "steps": STEPS + 1}
        if self.mode == INPAINT:
            own["mask_image"] = mask
        if self.mode == ANIMATE_STEPS:
            own = {"frames": 3, "motion": LIGHT}
        if self.hires:
            own["hires"] = Hires(self.hires, steps=STEPS, strength=0.5)
        values: dict[str, Any] = {
            "model": model,
            "prompt": "a red fox in deep snow at dawn",
            "negative_prompt": "",
            "style": Style(NONE, "None / Raw"),
            "scheduler": "euler",
            "steps": STEPS,
            "guidance_scale": self.guidance,
            "width": self.width,
            "height": self.height,
            "batch_size": self.batch,
            "seed": 1,
            "speed": self.speed,
            "mode": self.mode,
            "plan": Plan(lean=True),
        }
        return GenerationRequest(**(values | own))

    def as_json(self) -> dict[str, Any]:
        """The case as the file has it."""
        return dict(vars(self))


def cases() -> Iterator[Case]:
    """All jobs; every third one of a speed is held out of the fit, and so is every shape that is seldom asked for."""
    plain = [(512, 1), (512, 4), (512, 8), (768, 2), (1024, 1), (1024, 2), (1024, 4), (1024, 8), (1536, 1), (1536, 4)]
    more = [(2048, 1), (2048, 2), (1280, 3), (1536, 8), (2048, 4)]
    for speed in (EAGER, EXACT, FAST):
        for number, (side, batch) in enumerate([*plain, *more]):
            yield Case(speed, TXT2IMG, side, side, batch, held_out=number % 3 == 2)
        yield Case(speed, TXT2IMG, 832, 1216, 2, held_out=True)
        yield Case(speed, TXT2IMG, 1024, 1024, 4, guidance=1.0, held_out=True)
        yield Case(speed, IMG2IMG, 1024, 1024, 1)
        yield Case(speed, IMG2IMG, 1536, 1536, 2)
        yield Case(speed, INPAINT, 1024, 1024, 2, held_out=True)
        yield Case(speed, INPAINT, 2048, 2048, 1)
        yield Case(speed, ANIMATE_STEPS, 1024, 1024)
        yield Case(speed, ANIMATE_STEPS, 1344, 768, held_out=True)
        yield Case(speed, TXT2IMG, 1024, 1024, 1, hires=2.0, held_out=True)


def measure(target: Path) -> None:
    """Run every job, and write what each took."""
    import torch

    from sdxl_tui.core import paths
    from sdxl_tui.engine import device
    from sdxl_tui.engine.bench.lab import BenchLab
    from sdxl_tui.engine.bench.random_weights import random_model

    found = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        init, mask = folder / "init.png", folder / "mask.png"
        Image.radial_gradient("L").resize((1024, 1024)).convert("RGB").save(init)
        Image.radial_gradient("L").resize((1024, 1024)).point(lambda value: 255 * (value > 128)).save(mask)
        settings = replace(
            Settings(), output_dir=folder / "pictures", keep_vram="0", keep_ram="0", tiles="off", when_full="fail"
        )
        model = random_model(paths.cache_dir() / "bench")
        with BenchLab(settings) as lab:
            lab.load(model)
            weights = torch.cuda.memory_allocated()
            free, total = torch.cuda.mem_get_info()
            outside = total - free - torch.cuda.memory_reserved()
            for case in cases():
                try:
                    record = lab.run(case.request(model, init, mask)).record
                except UserError as error:
                    print(f"{case}: {error}", flush=True)
                    continue
                free, _ = torch.cuda.mem_get_info()
                row = {**case.as_json(), "ran": record["speed"], "vram": record["vram"]}
                row["outside"] = round((total - free - torch.cuda.memory_reserved()) / MIB)
                found.append(row)
                print(json.dumps(row), flush=True)
        facts = {
            "device": torch.cuda.get_device_name(0),
            "versions": device.versions(),
            "weights": round(weights / MIB),
            "outside": round(outside / MIB),
            "rows": found,
        }
        target.write_text(json.dumps(facts, indent=1) + "\n")


def main() -> None:
    """Measure or fit."""
    what, file = sys.argv[1:]
    if what == "measure":
        measure(Path(file))
    else:
        raise SystemExit(f"measure or fit, not {what}")


if __name__ == "__main__":
    main()
