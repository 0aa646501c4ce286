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

import numpy
from PIL import Image

from sdxl_tui.core import vram_needs
from sdxl_tui.core.animation import LIGHT
from sdxl_tui.core.errors import UserError
from sdxl_tui.core.hires import Hires
from sdxl_tui.core.models import CATALOGUE, Model
from sdxl_tui.core.modes import ANIMATE_STEPS, IMG2IMG, INPAINT, TXT2IMG
from sdxl_tui.core.plans import Plan
from sdxl_tui.core.request import GenerationRequest
from sdxl_tui.core.settings import Settings
from sdxl_tui.core.speeds import EAGER, EXACT, FAST
from sdxl_tui.core.styles import NONE, Style

STEPS = 2
MIB = 2**20
BASE = "stabilityai/stable-diffusion-xl-base-1.0"


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


def fit(source: Path) -> None:
    """Write the lines that lie nearest to what was measured, relative to it, and how near they are."""
    measured = json.loads(source.read_text())
    rows = measured["rows"]
    lines = {speed: _lines([row for row in rows if row["speed"] == speed]) for speed in (EAGER, EXACT, FAST)}
    target = vram_needs.FILE
    known: dict[str, Any] = {
        "measured_by": "python -m tests.bench.vram measure FILE; python -m tests.bench.vram fit FILE",
        "device": measured["device"],
        "versions": measured["versions"],
        "steps": STEPS,
        "weights_mib": measured["weights"] + measured["outside"],
        "lines_mib": lines,
        "error": {"held_out": {"most": 0.0}},
    }
    target.write_text(json.dumps(known))
    vram_needs.fit.cache_clear()
    table = [_compared(row) for row in rows]
    known["error"] = {
        "of": "the mean and the largest distance, as a share of what the driver saw, weights and context included",
        "fitted": _error(table, "estimate", held_out=False),
        "held_out": _error(table, "estimate", held_out=True),
        "comfyui": _error(table, "comfyui"),
        "invokeai": _error(table, "invokeai"),
    }
    known["rows_mib"] = table
    target.write_text(_as_text(known))
    print(json.dumps(known["error"], indent=1))


def _lines(rows: list[dict[str, Any]]) -> dict[str, list[float]]:
    """MiB: a fixed part, a part for each latent cell that is at work at once, and one for each UNet sample."""
    from_picture = [row for row in rows if row["mode"] in (IMG2IMG, INPAINT)]
    plain = [row for row in rows if row not in from_picture and not row["hires"] and not row["held_out"]]
    graph = _line([(_cells(row, True), 0, row["vram"]["graphs"]) for row in plain])
    rest = [row["vram"]["took"] - _at(graph, _cells(row, True), 0) for row in plain]
    decode = _line([(_cells(row), _samples(row), value) for row, value in zip(plain, rest, strict=True)])
    kept = [row for row in from_picture if not row["held_out"]]
    encode = _line([(_cells(row), 0, row["vram"]["stages"]["encode"][0]) for row in kept])
    denoise = _line([(_cells(row, True), 0, 1.15 * row["vram"]["stages"]["denoise"][1]) for row in plain])
    return {"denoise": denoise, "graph": graph, "decode": decode, "encode": encode}


def _line(points: list[tuple[float, float, float]]) -> list[float]:
    """The line with the least relative error, no part of it below nothing."""
    cells, samples, values = (numpy.array(column, dtype=float) for column in zip(*points, strict=True))
    if not values.any():
        return [0.0, 0.0, 0.0]
    columns = [numpy.ones_like(cells), cells, *([samples] if samples.any() else [])]
    while True:
        weighted = numpy.stack(columns, 1) / values[:, None]
        found, *_ = numpy.linalg.lstsq(weighted, numpy.ones_like(values), rcond=None)
        if (found >= 0).all():
            break
        columns = [column * (part >= 0) for column, part in zip(columns, found, strict=True)]
    return [float(f"{part:.5g}") for part in found] + [0.0] * (3 - len(found))


def _at(line: list[float], cells: float, samples: float) -> float:
    return line[0] + line[1] * cells + line[2] * samples


def _samples(row: dict[str, Any]) -> int:
    return int(row["batch"]) * (2 if row["guidance"] > 1 else 1)


def _cells(row: dict[str, Any], at_once: bool = False) -> float:
    return float(row["width"] * row["height"] / 64 * (_samples(row) if at_once else 1))


def _compared(row: dict[str, Any]) -> dict[str, Any]:
    """A row of the file: what was measured, what is estimated, and what others' formulas say of the same job."""
    case = Case(**{name: row[name] for name in Case.__dataclass_fields__})
    request = case.request(CATALOGUE[BASE], Path("init.png"), Path("mask.png"))
    width, height = request.size
    size, pixels = 4 if row["speed"] != FAST else 2, width * height
    # The formulas of ComfyUI's model_base.py and sd.py, and of InvokeAI's vae_working_memory.py.
    unet = case.batch * (2 if case.guidance > 1 else 1) * pixels / 64 * 2 * 0.01 * 0.8 * MIB
    comfyui = max(unet, 2178 * pixels * size)
    invokeai = 2200 * pixels * size + (250e6 if size == 4 else 0)
    return {
        **case.as_json(),
        "took": row["vram"]["took"],
        "estimate": round(vram_needs.needs(request).peak() / MIB),
        "comfyui": round(comfyui / MIB),
        "invokeai": round(invokeai / MIB),
    }


def _error(table: list[dict[str, Any]], key: str, held_out: bool | None = None) -> dict[str, float]:
    """Of the peak, weights and context included, as the driver sees it."""
    weights = vram_needs.fit().weights / MIB
    rows = [row for row in table if held_out in (None, row["held_out"])]
    shares = [abs(row[key] - row["took"]) / (row["took"] + weights) for row in rows]
    return {"mean": round(sum(shares) / len(shares), 4), "most": round(max(shares), 4), "jobs": len(rows)}


def _as_text(known: dict[str, Any]) -> str:
    """JSON with a line for each row of the table."""
    table = ",\n  ".join(json.dumps(row) for row in known["rows_mib"])
    head = json.dumps({**known, "rows_mib": []}, indent=1)
    return head.replace('"rows_mib": []', f'"rows_mib": [\n  {table}\n ]') + "\n"


def main() -> None:
    """Measure or fit."""
    what, file = sys.argv[1:]
    if what == "measure":
        measure(Path(file))
    elif what == "fit":
        fit(Path(file))
    else:
        raise SystemExit(f"measure or fit, not {what}")


if __name__ == "__main__":
    main()
