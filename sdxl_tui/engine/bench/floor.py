"""Section: the floor under a step: its arithmetic at the rate of the card's own matrix products."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from sdxl_tui.engine.bench.findings import Measured, figure
from sdxl_tui.engine.bench.plan import Shape
from sdxl_tui.engine.bench.timing import seconds_of
from sdxl_tui.engine.bench.workplace import Workplace

PRODUCTS = 20
"""Products that are timed together."""
TIMES = 5


def floor(place: Workplace) -> Iterator[Measured]:
    """Floating point operations of a guided step, over the measured rate of one large matrix product."""
    shape = place.plan.one
    operations = step_operations(place, shape)
    rates = [rate / 1e12 for rate in _matrix_rates(place)]
    rate = figure("matrix products", "TFLOP/s", rates)
    seconds = operations / 1e12 / rate.median
    floor_figure = figure("floor", "ms", [1000 * seconds])
    yield Measured(
        f"a step of {shape.width}x{shape.height}",
        (figure("work", "TFLOP", [operations / 1e12]), rate, floor_figure),
    )
    if place.step_seconds:
        shares = tuple(figure(name, "%", [100 * seconds / own]) for name, own in place.step_seconds.items())
        yield Measured("of the floor's speed", shares)


def step_operations(place: Workplace, shape: Shape) -> int:
    """Count the operations of one UNet call on both halves of a guided step: no weight is read, nothing is computed.

    Products, convolutions and attention, two for each multiply-add, as torch.utils.flop_counter counts them.
    """
    import torch
    from diffusers import UNet2DConditionModel
    from torch.utils.flop_counter import FlopCounterMode

    assert place.report.folder is not None, "a model that is ready has one"
    config = json.loads((place.report.folder / "unet" / "config.json").read_text(encoding="utf-8"))
    vae = json.loads((place.report.folder / "vae" / "config.json").read_text(encoding="utf-8"))
    factor = 2 ** (len(vae["block_out_channels"]) - 1)
    with torch.device("meta"), torch.no_grad():
        unet = UNet2DConditionModel.from_config(config)
        added = {"text_embeds": torch.empty(2, _pooled_width(config)), "time_ids": torch.empty(2, 6)}
        sample = torch.empty(2, config["in_channels"], shape.height // factor, shape.width // factor)
        words = torch.empty(2, 77, config["cross_attention_dim"])
        with FlopCounterMode(display=False) as counter:
            unet(sample, torch.tensor(500), encoder_hidden_states=words, added_cond_kwargs=added)
    return int(counter.get_total_flops())


def _pooled_width(config: dict[str, Any]) -> int:
    """The UNet's added embedding is the pooled text beside six numbers of the size."""
    return int(config["projection_class_embeddings_input_dim"] - 6 * config["addition_time_embed_dim"])


def _matrix_rates(place: Workplace) -> list[float]:
    """Operations a second, in the number format of the UNet."""
    import torch

    side = place.plan.matrix
    one, other = (torch.randn(side, side, device=place.device.kind).to(place.device.dtype) for _ in range(2))

    def multiply() -> None:
        for _ in range(PRODUCTS):
            torch.mm(one, other)

    multiply()
    return [PRODUCTS * 2 * side**3 / seconds_of(multiply) for _ in range(TIMES)]
