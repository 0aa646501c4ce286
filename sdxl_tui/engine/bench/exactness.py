"""Sections: how far a speed is from float32, and whether ``exact`` is what it says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from sdxl_tui.core.errors import UserError
from sdxl_tui.core.speeds import EAGER, EXACT, FAST
from sdxl_tui.engine.bench.findings import Figure, Measured, figure
from sdxl_tui.engine.bench.internals import Sample, in_use, painting
from sdxl_tui.engine.bench.plan import Shape
from sdxl_tui.engine.bench.timing import give_back_memory
from sdxl_tui.engine.bench.workplace import Workplace
from sdxl_tui.engine.loader import LoadedModel


def error(place: Workplace) -> Iterator[Measured]:
    """The relative L2 distance to a float32 UNet: of single steps on the same noise, and of the latents at the end."""
    shape = place.plan.one
    with in_use(place) as loaded:
        sample = Sample(loaded, shape)
        indices = (0, shape.steps // 2, shape.steps - 1)
        ours = {}
        for speed in (EAGER, FAST):
            with painting(loaded, speed):
                ours[speed] = [sample.step(loaded.pipe, index).float() for index in indices]
                ours[speed].append(sample.latents(loaded.pipe).float())
        with _in_float32(place, loaded) as reference:
            right = [sample.step(reference, index) for index in indices]
            right.append(sample.latents(reference))
    errors = {speed: [_distance(*pair) for pair in zip(made, right, strict=True)] for speed, made in ours.items()}
    steps = tuple(figure(speed, "", values[:-1]) for speed, values in errors.items())
    yield Measured(f"a step, {shape.width}x{shape.height}", (*steps, _over(steps)))
    ends = tuple(figure(speed, "", values[-1:]) for speed, values in errors.items())
    yield Measured(f"the latents of {shape.shown}", (*ends, _over(ends)))


def exactness(place: Workplace) -> Iterator[Measured]:
    """In how many values ``exact`` differs from eager (none, or it is not what it says) and from stock diffusers."""
    steps = min(8, place.plan.one.steps)
    shapes = [replace(shape, steps=steps) for shape in (place.plan.one, place.plan.other)]
    shapes.append(replace(shapes[0], guidance=0.0))
    with place.stock() as stock:
        by_stock = {shape: [picture.tobytes() for picture in stock.run(shape).pictures] for shape in shapes}
    wrong = []
    with place.lab() as lab:
        for shape in shapes:
            records = {speed: lab.run(shape.request(place.model, speed)).record for speed in (EAGER, EXACT)}
            pixels = {speed: _pixels(place, record) for speed, record in records.items()}
            differing = (
                figure(f"differ from {EAGER}", "", [_differing(pixels[EXACT], pixels[EAGER])]),
                figure("differ from stock", "", [_differing(pixels[EXACT], by_stock[shape])]),
            )
            force = str(records[EXACT].get("speed", EXACT))
            yield Measured(f"pixels, {shape.shown}", differing, "" if force == EXACT else f"{EXACT} ran {force}")
            wrong += [f"pixels of {shape.shown}"] if differing[0].median else []
    with in_use(place) as loaded:
        for shape in shapes:
            count = _differing_latents(loaded, shape)
            yield Measured(f"latents, {shape.shown}", (figure(f"differ from {EAGER}", "", [count]),))
            wrong += [f"latents of {shape.shown}"] if count else []
    if wrong:
        raise UserError(f"{EXACT} is not bit for bit the same: {', '.join(wrong)}.")


def _pixels(place: Workplace, record: Mapping[str, Any]) -> list[bytes]:
    from PIL import Image

    return [Image.open(place.settings.output_dir / name).convert("RGB").tobytes() for name in record["outputs"]]


def _differing(some: Sequence[bytes], others: Sequence[bytes]) -> int:
    """How many values of pictures differ."""
    pairs = zip(some, others, strict=True)
    return sum(
        one != other for picture, its in pairs if picture != its for one, other in zip(picture, its, strict=True)
    )


def _differing_latents(loaded: LoadedModel, shape: Shape) -> int:
    sample, made = Sample(loaded, shape), {}
    for speed in (EAGER, EXACT):
        with painting(loaded, speed):
            made[speed] = sample.latents(loaded.pipe)
    return int((made[EAGER] != made[EXACT]).sum())


@contextmanager
def _in_float32(place: Workplace, loaded: LoadedModel) -> Iterator[Any]:
    """A pipeline whose UNet is the published one in float32, without TF32."""
    import torch
    from diffusers import StableDiffusionXLPipeline, UNet2DConditionModel

    assert place.report.folder is not None, "a model that is ready has one"
    is_variant = any(".fp16." in file.name for file in place.report.weights["unet"])
    unet = UNet2DConditionModel.from_pretrained(
        str(place.report.folder / "unet"),
        torch_dtype=torch.float32,
        variant="fp16" if is_variant else None,
        use_safetensors=True,
        local_files_only=True,
    ).to(loaded.device.kind)
    # Without text encoders, to whose number format it would cast the words.
    own = {"unet": unet, "text_encoder": None, "text_encoder_2": None}
    pipe = StableDiffusionXLPipeline(**{**loaded.pipe.components, **own}, add_watermarker=False)
    pipe.set_progress_bar_config(disable=True)
    before = torch.backends.cudnn.allow_tf32, torch.backends.cuda.matmul.allow_tf32
    torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = False
    try:
        yield pipe
    finally:
        torch.backends.cudnn.allow_tf32, torch.backends.cuda.matmul.allow_tf32 = before
        del pipe, unet
        give_back_memory()


def _distance(made: Any, right: Any) -> float:
    """Relative L2."""
    return float((made.double() - right.double()).norm() / right.double().norm())


def _over(both: tuple[Figure, ...]) -> Figure:
    """The second over the first: of two errors of nothing it is 1."""
    eager, fast = both
    return figure(f"{fast.name} / {eager.name}", "x", [fast.median / eager.median if eager.median else 1.0])
