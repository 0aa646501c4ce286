"""A checked model folder into a pipeline that can run."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sdxl_tui.core.check import ModelReport
from sdxl_tui.core.errors import UserError
from sdxl_tui.core.models import Model
from sdxl_tui.engine.device import Device
from sdxl_tui.engine.weights import read_weights

log = logging.getLogger(__name__)

STEPS = (("text encoders", ("text_encoder", "text_encoder_2")), ("UNet", ("unet",)), ("VAE", ("vae",)))


@dataclass(frozen=True)
class LoadedModel:
    """A model in use: diffusers' pipeline over its components, and what they were made from."""

    model: Model
    revision: str
    pipe: Any
    """StableDiffusionXLPipeline; its scheduler is set anew for each job."""
    scheduler_config: Mapping[str, Any]
    """The model's own, as shipped."""
    device: Device
    load_seconds: float
    siblings: dict[str, Any] = field(default_factory=dict)
    """diffusers' other SDXL pipelines over the same components, by mode, made when they are first needed."""

    @property
    def dtype(self) -> Any:
        """Number format of UNet and text encoders."""
        return self.pipe.unet.dtype


@dataclass
class Progress:
    """Counts the bytes of a load and reports them with the step that is under way, at most ten times a second."""

    total: int
    report: Callable[[str, float], None]
    """Told the step and the share done, 0 to 1; may raise to give up the load."""
    step: str = ""
    done: int = 0
    reported: float = 0.0

    def begin(self, step: str) -> None:
        """Report that ``step`` begins."""
        self.step = step
        self.reported = 0.0
        self.add(0)

    def add(self, count: int) -> None:
        """Report ``count`` more bytes."""
        self.done += count
        now = time.monotonic()
        if now - self.reported >= 0.1:
            self.reported = now
            self.report(self.step, min(1.0, self.done / max(1, self.total)))


def load_model(
    check: ModelReport,
    device: Device,
    report: Callable[[str, float], None],
    make_room: Callable[[ModelReport], None],
) -> LoadedModel:
    """Return the model of a checked folder on ``device``; ``make_room`` is called before a GPU is written to.

    Raises UserError when a file and its config do not fit; the caller's model, if any, is not touched. Weights are read
    from the folder, never by repo id: by id, libraries ask the network.
    """
    from diffusers import StableDiffusionXLPipeline
    from transformers import CLIPTokenizer

    began = time.perf_counter()
    folder = check.folder
    assert folder is not None, "only a checked model is loaded"
    scheduler_config = _json(folder / "scheduler" / "scheduler_config.json")
    scheduler = _own_scheduler(scheduler_config)
    parts = {name: _module(name, folder) for _, names in STEPS for name in names}
    _refuse_inpainting_only(parts["unet"].config, parts["vae"].config)

    on_gpu = device.kind != "cpu"
    progress = Progress(check.size_bytes * (2 if on_gpu else 1), report)
    for step, names in STEPS:
        progress.begin(step)
        for name in names:
            dtype = device.vae_dtype(parts[name].config.force_upcast) if name == "vae" else device.dtype
            read_weights(parts[name], check.weights[name], folder, dtype, progress.add)
    if on_gpu:
        progress.begin("to GPU")
        make_room(check)
        for part in parts.values():
            part.to(device.kind)
            progress.add(sum(parameter.nbytes for parameter in part.parameters()))
    pipe = StableDiffusionXLPipeline(
        tokenizer=CLIPTokenizer.from_pretrained(str(folder / "tokenizer")),
        tokenizer_2=CLIPTokenizer.from_pretrained(str(folder / "tokenizer_2")),
        scheduler=scheduler,
        add_watermarker=False,
        **parts,
    )
    pipe.set_progress_bar_config(disable=True)
    return LoadedModel(check.model, check.revision, pipe, scheduler_config, device, time.perf_counter() - began)


def _module(name: str, folder: Path) -> Any:
    """The component's module with no memory behind its weights yet."""
    import torch
    from diffusers import AutoencoderKL, UNet2DConditionModel
    from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection

    config = _json(folder / name / "config.json")
    with torch.device("meta"):
        if name == "unet":
            module = UNet2DConditionModel.from_config(config)
        elif name == "vae":
            module = AutoencoderKL.from_config(config)
        else:
            encoder = CLIPTextModelWithProjection if name == "text_encoder_2" else CLIPTextModel
            module = encoder(CLIPTextConfig.from_dict(config))
    return module.eval().requires_grad_(False)


def _refuse_inpainting_only(unet: Any, vae: Any) -> None:
    if unet.in_channels != vae.latent_channels:
        raise UserError(
            f"its UNet takes {unet.in_channels} channels where its VAE gives {vae.latent_channels}: it is made for "
            "inpainting only; choose a text-to-image model."
        )


def _own_scheduler(config: Mapping[str, Any]) -> Any:
    import diffusers

    scheduler_class = getattr(diffusers, config["_class_name"], None)
    if scheduler_class is None:
        raise UserError(
            f"scheduler/scheduler_config.json names {config['_class_name']}, which diffusers {diffusers.__version__} "
            "does not have; another _class_name there, such as EulerDiscreteScheduler, makes it usable."
        )
    return scheduler_class.from_config(config)


def _json(file: Path) -> dict[str, Any]:
    return json.loads(file.read_text(encoding="utf-8"))
