"""What a job takes of the card at its peak: straight lines over its size, fitted to what was measured on one.

``vram_fit.json`` holds the lines, what was measured, with which command, and how far the lines are from it.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from sdxl_tui.core.hires import LANCZOS
from sdxl_tui.core.modes import starts_from_a_picture
from sdxl_tui.core.request import GenerationRequest
from sdxl_tui.core.setting_kinds import AUTO
from sdxl_tui.core.speeds import EAGER, FAST

FILE = Path(__file__).with_name("vram_fit.json")
MIB = 2**20
LATENT = 8
"""Pixels on a side of one latent cell of SDXL."""
TILE = 1024
"""Pixels on a side of a tile: what SDXL was trained on (``engine/tiles.py``)."""
WHOLE = 4 * TILE * TILE
"""Pixels up to which a picture is not tiled for its size alone."""
MOST_THREADS = 8
"""Pictures that a threaded batch makes at once."""


@dataclass(frozen=True)
class Line:
    """Bytes over what is at work at once."""

    fixed: float
    per_cell: float
    """For each latent cell."""
    per_sample: float
    """For each sample of the UNet: the keys and values of its text."""

    def at(self, cells: float, samples: float = 0) -> float:
        """Bytes for so many cells and samples."""
        return self.fixed + self.per_cell * cells + self.per_sample * samples


@dataclass(frozen=True)
class Fit:
    """What was fitted: lines by speed and stage, and how good they are."""

    lines: Mapping[str, Mapping[str, Line]]
    weights: int
    """Bytes of a model's weights and what comes with them."""
    error: float
    """Largest distance, as a share of what the driver saw, on jobs that took no part in the fit."""

    def line(self, speed: str, stage: str) -> Line:
        """The line of a stage; one that was not measured takes nothing."""
        return self.lines[speed].get(stage, Line(0, 0, 0))


@cache
def fit() -> Fit:
    """Read the fit that ships with the lab."""
    found: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
    lines = {
        speed: {stage: Line(*(MIB * value for value in line)) for stage, line in stages.items()}
        for speed, stages in found["lines_mib"].items()
    }
    return Fit(lines, int(found["weights_mib"] * MIB), float(found["error"]["held_out"]["most"]))


@dataclass(frozen=True)
class Needs:
    """Bytes that a job takes at its peak beyond what is there and stays."""

    graph: float
    """Of it, what its captured graph holds, also afterwards."""
    rest: float
    """What it takes beside that graph, at most."""
    denoise: float
    """What denoising takes before there is a graph, or without one."""

    def peak(self, graphs: float = 0.0) -> int:
        """The most of it, when captured graphs hold so many bytes already: their room is used again."""
        return int(max(self.denoise, max(0.0, self.graph - graphs) + self.rest))


def speed_of(request: GenerationRequest) -> str:
    """The speed that a job runs in where everything can run."""
    return EAGER if request.threaded else request.speed


def together(request: GenerationRequest) -> int:
    """How many pictures are at work at once."""
    if request.threaded:
        return min(request.batch_size, MOST_THREADS, request.plan.pass_pictures or MOST_THREADS)
    return max(request.passes)


def needs(request: GenerationRequest, *, float32_decode: bool = False, tiles: str = AUTO) -> Needs:
    """Return what ``request`` takes.

    ``float32_decode``: its VAE is known to overflow in float16; ``tiles``: the setting.
    """
    speed, lines = speed_of(request), fit().line
    samples = together(request) * (2 if request.guidance_scale > 1 else 1)
    guided = samples // together(request)
    first = _cells(request.width, request.height)
    # Pixels up to which nothing is tiled for its size.
    whole = {"on": TILE * TILE, "off": math.inf}.get(tiles, WHOLE)

    def at_once(cells: float, is_tiled: bool) -> float:
        return min(cells, _cells(TILE, TILE)) if is_tiled else cells

    def coded(cells: float) -> float:
        return at_once(cells, request.plan.tiled or cells > whole / LATENT**2)

    def painted(cells: float, from_picture: bool) -> float:
        return at_once(cells, from_picture and cells > whole / LATENT**2)

    denoised = [samples * painted(first, starts_from_a_picture(request.mode))]
    decoded = [coded(first)]
    encoded = [coded(first)] if starts_from_a_picture(request.mode) else []
    if request.hires is not None:
        larger = _cells(*request.size)
        denoised.append(guided * painted(larger, from_picture=True))
        decoded.append(coded(larger))
        if request.hires.method == LANCZOS:
            encoded.append(coded(larger))
    decode = lines(EAGER if float32_decode and speed == FAST else speed, "decode")
    at_most = [decode.at(cells, samples) for cells in decoded] + [lines(speed, "encode").at(cells) for cells in encoded]
    denoise = max(lines(speed, "denoise").at(cells) for cells in denoised)
    graph = 0.0 if speed == EAGER else max(lines(speed, "graph").at(cells) for cells in denoised)
    return Needs(graph, max(at_most), denoise)


def _cells(width: int, height: int) -> float:
    return width * height / LATENT**2
