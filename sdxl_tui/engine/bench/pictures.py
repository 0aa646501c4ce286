"""Sections: pictures on disk beside stock diffusers, the memory they take, and jobs that wait behind each other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

from sdxl_tui.core.errors import UserError
from sdxl_tui.core.speeds import FAST
from sdxl_tui.engine.bench.findings import Measured, figure, times_faster
from sdxl_tui.engine.bench.lab import BenchLab, Timed
from sdxl_tui.engine.bench.plan import SPEEDS, Shape
from sdxl_tui.engine.bench.stock import Stock, StockTimed
from sdxl_tui.engine.bench.timing import give_back_memory
from sdxl_tui.engine.bench.workplace import Workplace
from sdxl_tui.engine.run import sentence

STOCK = "stock"
WARM_UP_STEPS = 4


def pictures(place: Workplace) -> Iterator[Measured]:
    """From Generate to the files, each speed in turn with stock diffusers and Pillow's PNG; then a step alone."""
    failed = []
    with place.stock() as stock, place.lab() as lab:
        lab.load(place.model)
        for shape in place.plan.shapes:
            try:
                yield from _measured(place, stock, lab, shape)
            except Exception as error:
                failed.append(f"{shape.shown}: {sentence(error, 'there')}")
                give_back_memory()
    if failed:
        raise UserError(" ".join(failed))


def _measured(place: Workplace, stock: Stock, lab: BenchLab, shape: Shape) -> Iterator[Measured]:
    seconds: dict[str, list[float]] = {name: [] for name in (STOCK, *SPEEDS)}
    steps: dict[str, list[float]] = {name: [] for name in seconds}
    in_force = {}
    warm_up = replace(shape, steps=min(shape.steps, WARM_UP_STEPS))
    stock.run(warm_up)
    for speed in SPEEDS:
        # Not one speed after the other: a change of speed lays the weights out and captures graphs anew.
        lab.run(warm_up.request(place.model, speed))
        for repeat in range(place.plan.repeats):
            job = lab.run(shape.request(place.model, speed, repeat))
            in_force[speed] = str(job.record.get("speed", speed))
            runs: dict[str, StockTimed | Timed] = {STOCK: stock.run(shape, repeat), speed: job}
            for name, run in runs.items():
                seconds[name].append(run.seconds)
                steps[name] += [] if run.step_seconds is None else [run.step_seconds]
    figures = {name: figure(name, "s", values) for name, values in seconds.items()}
    ratios = tuple(times_faster(figures[STOCK], figures[speed]) for speed in SPEEDS)
    fallen_back = [f"{name} ran {force}" for name, force in in_force.items() if force != name]
    yield Measured(f"{shape.shown}, to disk", (*figures.values(), *ratios), ", ".join(fallen_back))
    if all(steps.values()):
        of_a_step = {name: figure(name, "ms", [1000 * value for value in values]) for name, values in steps.items()}
        ratios = tuple(times_faster(of_a_step[STOCK], of_a_step[speed]) for speed in SPEEDS)
        yield Measured(f"{shape.shown}, a step", (*of_a_step.values(), *ratios))
        if shape == place.plan.one:
            place.step_seconds.update({name: one.median / 1000 for name, one in of_a_step.items()})


def memory(place: Workplace) -> Iterator[Measured]:
    """What the process takes of the card at most, each alone on it: weights, graphs and all."""
    import torch

    def peak() -> float:
        return float(torch.cuda.max_memory_reserved()) / 2**30

    shapes = [shape for shape in place.plan.shapes if shape.batch in (1, 4) and shape.steps == place.plan.one.steps]
    shapes = [replace(shape, steps=WARM_UP_STEPS) for shape in dict.fromkeys(shapes)]
    found: dict[Shape, list[tuple[str, float]]] = {shape: [] for shape in shapes}
    give_back_memory()
    torch.cuda.reset_peak_memory_stats()
    with place.stock() as stock:
        for shape in shapes:
            torch.cuda.reset_peak_memory_stats()
            stock.run(shape)
            found[shape].append((STOCK, peak()))
    for speed in SPEEDS:
        with place.lab() as lab:
            lab.load(place.model)
            for shape in shapes:
                # The first captures graphs, the second replays them.
                runs = [lab.run(shape.request(place.model, speed)) for _ in range(2)]
                peaks = [run.record["vram"]["peak"] / 1024 for run in runs]
                found[shape].append((speed, max(peaks)))
    for shape, taken in found.items():
        what = f"{shape.width}x{shape.height}, batch {shape.batch}"
        yield Measured(what, tuple(figure(name, "GiB", [gib]) for name, gib in taken))


def queue(place: Workplace) -> Iterator[Measured]:
    """Jobs that wait behind each other: what each takes, beside the sum of its denoising and its decoding alone."""
    from sdxl_tui.engine.bench.decoding import decode_seconds

    shape, count = place.plan.queue, place.plan.jobs
    with place.lab() as lab:
        lab.load(place.model)
        for seed in range(2):
            lab.run(shape.request(place.model, FAST, seed))
        jobs = lab.run_all([shape.request(place.model, FAST, seed) for seed in range(count)])
    each = [after.ended - before.ended for before, after in pairwise(jobs)]
    steps = [job.step_seconds * shape.steps for job in jobs if job.step_seconds is not None]
    a_job = figure("a job", "s", each)
    yield Measured(f"{count} jobs, {shape.shown}, {FAST}", (a_job,))
    decode = figure("decode", "s", decode_seconds(place, shape, FAST))
    denoise = figure("denoise", "s", steps)
    mean = (jobs[-1].ended - jobs[0].ended) / (len(jobs) - 1)
    over = figure("mean job / both", "x", [mean / (denoise.median + decode.median)])
    yield Measured("over denoising and decoding", (denoise, decode, over))
