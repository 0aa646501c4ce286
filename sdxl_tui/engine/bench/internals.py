"""The parts of the engine that are measured without its queue: one UNet call, one decode."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from sdxl_tui.engine.bench.plan import PROMPT, Shape
from sdxl_tui.engine.bench.timing import give_back_memory
from sdxl_tui.engine.bench.workplace import Workplace
from sdxl_tui.engine.loader import LoadedModel
from sdxl_tui.engine.prompts import encode
from sdxl_tui.engine.residency import Residency
from sdxl_tui.engine.schedulers import make_scheduler


@contextmanager
def in_use(place: Workplace) -> Iterator[LoadedModel]:
    """Load the model on this very thread, and give its memory back at the end."""
    with awake(place) as residency:
        yield residency.use(place.model, lambda: None)


@contextmanager
def awake(place: Workplace) -> Iterator[Residency]:
    """Import what is slow to import; what is loaded goes at the end."""
    residency = Residency(place.settings, lambda _event: None)
    residency.wake()
    try:
        yield residency
    finally:
        residency.close()
        residency.loaded = None
        del residency
        give_back_memory()


def painting(loaded: LoadedModel, speed: str) -> AbstractContextManager[Any]:
    """Let the pipeline's UNet run as it does in a job of that speed."""
    return loaded.speed.painting(loaded.pipe, speed)


class Sample:
    """The words and the noise of a job, for calls of a pipeline or of its UNet alone."""

    def __init__(self, loaded: LoadedModel, shape: Shape, seed: int = 1) -> None:
        import torch

        pipe = loaded.pipe
        self.shape = shape
        self.words = encode(pipe, PROMPT, "").arguments
        factor = pipe.vae_scale_factor
        size = (1, pipe.unet.config.in_channels, shape.height // factor, shape.width // factor)
        self.noise = torch.randn(size, generator=torch.Generator().manual_seed(seed)).to(loaded.device.kind)
        self._scheduler_config = loaded.scheduler_config

    def latents(self, pipe: Any) -> Any:
        """Return the latents that a pipeline ends with, (1, channels, height / f, width / f), in its UNet's dtype."""
        dtype = pipe.unet.dtype
        pipe.scheduler = make_scheduler("euler", self._scheduler_config)
        return pipe(
            **{name: words.to(dtype) for name, words in self.words.items()},
            latents=self.noise.to(dtype),
            num_inference_steps=self.shape.steps,
            guidance_scale=self.shape.guidance,
            width=self.shape.width,
            height=self.shape.height,
            output_type="latent",
        ).images

    def step(self, pipe: Any, index: int) -> Any:
        """Return what the UNet says of the noise at step ``index``, without and with the prompt, (2, channels, …)."""
        import torch

        dtype, words = pipe.unet.dtype, self.words
        scheduler = make_scheduler("euler", self._scheduler_config)
        scheduler.set_timesteps(self.shape.steps, device=self.noise.device)
        height, width = self.shape.height, self.shape.width
        ids = torch.tensor([[height, width, 0, 0, height, width]] * 2, device=self.noise.device, dtype=dtype)
        pooled = torch.cat([words["negative_pooled_prompt_embeds"], words["pooled_prompt_embeds"]]).to(dtype)
        return pipe.unet(
            self.noise.repeat(2, 1, 1, 1).to(dtype),
            scheduler.timesteps[index],
            encoder_hidden_states=torch.cat([words["negative_prompt_embeds"], words["prompt_embeds"]]).to(dtype),
            timestep_cond=None,
            cross_attention_kwargs=None,
            added_cond_kwargs={"text_embeds": pooled, "time_ids": ids},
            return_dict=False,
        )[0]
