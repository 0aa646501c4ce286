"""The stock way, to be measured in the same run: plain diffusers, and Pillow's PNG at its default level."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sdxl_tui.core.check import ModelReport
from sdxl_tui.engine.bench.plan import PROMPT, Shape
from sdxl_tui.engine.bench.timing import give_back_memory, wait_for_the_device
from sdxl_tui.engine.device import Device
from sdxl_tui.engine.schedulers import make_scheduler


@dataclass(frozen=True)
class StockTimed:
    """A stock run that is done."""

    seconds: float
    """From the call to the last picture on disk."""
    step_seconds: float | None
    """Of one step, from the end of the first to the end of the last; None: it had but one."""
    pictures: list[Any]
    """PIL images."""


class Stock:
    """``StableDiffusionXLPipeline.from_pretrained(...).to("cuda")``; leaving it gives its memory back."""

    def __init__(self, report: ModelReport, device: Device, output_dir: Path) -> None:
        self._report, self._device, self._output_dir = report, device, output_dir
        self.pipe: Any = None

    def __enter__(self) -> Stock:
        self.load()
        return self

    def __exit__(self, *_: object) -> None:
        self.pipe = None
        give_back_memory()

    def load(self) -> None:
        """Load the model, as diffusers' documentation shows it."""
        from diffusers import StableDiffusionXLPipeline
        from diffusers.utils import logging as diffusers_logging
        from transformers.utils import logging as transformers_logging

        for library in (diffusers_logging, transformers_logging):
            library.disable_progress_bar()
        is_variant = any(".fp16." in file.name for file in self._report.weights["unet"])
        self.pipe = StableDiffusionXLPipeline.from_pretrained(
            str(self._report.folder),
            torch_dtype=self._device.dtype,
            variant="fp16" if is_variant else None,
            use_safetensors=True,
            local_files_only=True,
            add_watermarker=False,
        ).to(self._device.kind)
        self.pipe.set_progress_bar_config(disable=True)
        self.pipe.scheduler = make_scheduler("euler", dict(self.pipe.scheduler.config))

    def run(self, shape: Shape, seed: int = 1) -> StockTimed:
        """Make the pictures of a job, with the lab's own noise, and save them."""
        import torch

        ends: list[float] = []

        def step_end(_pipe: Any, index: int, _timestep: Any, tensors: dict[str, Any]) -> dict[str, Any]:
            if index in (0, shape.steps - 1):
                wait_for_the_device()
                ends.append(time.perf_counter())
            return tensors

        # As the lab draws it: a draw in float16 may be another one.
        factor = self.pipe.vae_scale_factor
        size = (1, self.pipe.unet.config.in_channels, shape.height // factor, shape.width // factor)
        drawn = [torch.randn(size, generator=torch.Generator().manual_seed(seed + i)) for i in range(shape.batch)]
        noise = torch.cat(drawn).to(self._device.kind, self._device.dtype)
        wait_for_the_device()
        began = time.perf_counter()
        with torch.no_grad():
            pictures = self.pipe(
                prompt=PROMPT,
                negative_prompt="",
                num_images_per_prompt=shape.batch,
                num_inference_steps=shape.steps,
                guidance_scale=shape.guidance,
                width=shape.width,
                height=shape.height,
                latents=noise,
                callback_on_step_end=step_end,
            ).images
        for index, picture in enumerate(pictures):
            picture.save(self._output_dir / f"stock_{index + 1:02}.png")
        seconds = time.perf_counter() - began
        return StockTimed(seconds, (ends[-1] - ends[0]) / (shape.steps - 1) if shape.steps > 1 else None, pictures)
