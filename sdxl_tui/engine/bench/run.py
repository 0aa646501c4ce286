"""The sections one after the other: what one cannot measure it says, and the others go on."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass

from sdxl_tui.core.errors import UserError
from sdxl_tui.engine import device
from sdxl_tui.engine.bench import exactness, floor, pictures, screen, starting, switching
from sdxl_tui.engine.bench.findings import BenchEvent, Machine, Measured, SectionBegan, SectionEnded
from sdxl_tui.engine.bench.internals import awake
from sdxl_tui.engine.bench.timing import give_back_memory
from sdxl_tui.engine.bench.workplace import BenchOptions, Workplace, workplace
from sdxl_tui.engine.obstacles import triton_version
from sdxl_tui.engine.run import sentence

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Section:
    """A table of the bench."""

    title: str
    measure: Callable[[Workplace], Iterator[Measured]]
    """Yields its rows as they are measured; raises what stops it."""
    needs_gpu: bool = False


SECTIONS = {
    "start": Section("From nothing to a picture, each time a new process", starting.start),
    "load": Section("Load", starting.load),
    "switch": Section("Switch to another model", switching.switch),
    "pictures": Section("Pictures, beside stock diffusers", pictures.pictures),
    "memory": Section("Most memory taken from the card", pictures.memory, needs_gpu=True),
    "error": Section("Error against float32, relative L2", exactness.error),
    "exact": Section("Values in which exact differs", exactness.exactness),
    "floor": Section("The floor under a step", floor.floor),
    "queue": Section("Jobs behind each other", pictures.queue),
    "models": Section("Several models in turn", switching.models),
    "screen": Section("How late the screen's event loop is", screen.screen),
}


def run_bench(options: BenchOptions) -> Generator[BenchEvent, None, None]:
    """Measure this machine, and tell what was found as it goes on.

    Raises UserError when the model or the device cannot be had, or a section is none.
    """
    for name in options.only:
        if name not in SECTIONS:
            raise UserError(f"There is no section '{name}'; there are {', '.join(SECTIONS)}.")
    with workplace(options) as place:
        with awake(place):
            pass  # Each section finds the libraries imported, and their warnings in the log.
        yield _machine(place, options)
        for name, section in SECTIONS.items():
            if name in options.only or not (options.only or (section.needs_gpu and place.device.kind == "cpu")):
                yield SectionBegan(name, section.title)
                began = time.perf_counter()
                problem = yield from _told(section, place)
                yield SectionEnded(name, time.perf_counter() - began, problem)


def _told(section: Section, place: Workplace) -> Generator[Measured, None, str]:
    """Tell a section's rows; return the sentence on what stopped it, or nothing."""
    try:
        if section.needs_gpu and place.device.kind == "cpu":
            raise UserError("It needs a CUDA GPU.")
        yield from section.measure(place)
    except Exception as error:
        log.error("a section of the bench ended early", exc_info=error)
        return sentence(error, "while measuring")
    finally:
        give_back_memory()
    return ""


def _machine(place: Workplace, options: BenchOptions) -> Machine:
    import torch

    on_gpu = place.device.kind != "cpu"
    memory = torch.cuda.get_device_properties(0).total_memory / 2**30 if on_gpu else None
    notes = []
    if not on_gpu:
        notes.append("On a CPU every speed runs eager, and small pictures of the demo model are measured.")
    elif place.model.width < 512:
        notes.append("The demo model says little about a GPU; --random-weights measures the full-size SDXL.")
    facts = {
        "device": place.device.shown,
        "memory_gib": memory,
        "model": place.model.name,
        "quick": options.quick,
        "versions": {**device.versions(), "triton": triton_version() or None},
    }
    return Machine(facts, tuple(notes))
