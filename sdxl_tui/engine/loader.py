"""A checked model folder into a pipeline that can run."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sdxl_tui.core.cache import find_folder
from sdxl_tui.core.check import ModelReport
from sdxl_tui.core.errors import UserError
from sdxl_tui.core.folder_check import COMPONENTS
from sdxl_tui.core.models import Model
from sdxl_tui.engine.architecture import key_of, make_modules, read_configs, with_own_configs
from sdxl_tui.engine.arena import Arena, Layout
from sdxl_tui.engine.device import Device
from sdxl_tui.engine.pipes import make_pipe
from sdxl_tui.engine.reading import READERS, Piece, Unit, read_units, units_of
from sdxl_tui.engine.speed import Speed
from sdxl_tui.engine.weights import sources_of

STEPS = {"text_encoder": "text encoders", "text_encoder_2": "text encoders", "unet": "UNet", "vae": "VAE"}
"""What a load is said to do while a component's weights are read."""


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
    arena: Arena
    """Where its weights are; other models of its architecture take them over from it."""
    speed: Speed
    """How they are computed with; it belongs to the arena."""
    siblings: dict[str, Any] = field(default_factory=dict)
    """diffusers' other SDXL pipelines over the same components, by mode, made when they are first needed."""

    @property
    def key(self) -> tuple[str, str]:
        """What tells its weights from another model's."""
        return self.model.id, self.revision

    @property
    def dtype(self) -> Any:
        """Number format of UNet and text encoders."""
        return self.arena.layout.dtype


@dataclass(frozen=True)
class Shell:
    """A model without its weights: all that is its own beside them."""

    check: ModelReport
    pipe: Any
    scheduler_config: Mapping[str, Any]
    modules: Mapping[str, Any]
    """By component: layers shared by all models of the architecture; on the meta device until an arena has them."""
    layout: Layout
    stamp: tuple[object, ...] | None
    """What its files were when they were looked at; None: one of them was gone."""
    siblings: dict[str, Any] = field(default_factory=dict)

    def is_current(self) -> bool:
        """Whether its files are still those that were looked at."""
        return self.stamp is not None and _stamp(self.check) == self.stamp

    def over(self, arena: Arena, speed: Speed, device: Device, seconds: float) -> LoadedModel:
        """Return the model over its weights."""
        check = self.check
        return LoadedModel(
            check.model, check.revision, self.pipe, self.scheduler_config, device, seconds, arena, speed, self.siblings
        )


class Shells:
    """Makes models without weights; what several of them share is made once."""

    def __init__(self, device: Device) -> None:
        self._device = device
        self._architectures: dict[str, tuple[dict[str, Any], Layout]] = {}
        self._tokenizers: dict[str, Any] = {}

    def make(self, check: ModelReport) -> Shell:
        """Return the shell of a checked folder; raise UserError when it is no text-to-image model.

        Read from the folder, never by repo id: by id, libraries ask the network.
        """
        folder = check.folder
        assert folder is not None, "only a checked model is loaded"
        stamp = _stamp(check)
        scheduler_config = _json(folder / "scheduler" / "scheduler_config.json") | dict(check.scheduler)
        scheduler = _own_scheduler(scheduler_config)
        configs = read_configs(folder)
        _refuse_inpainting_only(configs["unet"], configs["vae"])
        shared, layout = self.layers(configs)
        modules = with_own_configs(shared, configs)
        pipe = make_pipe(
            "StableDiffusionXLPipeline",
            self._device.kind,
            tokenizer=self._tokenizer(folder / "tokenizer"),
            tokenizer_2=self._tokenizer(folder / "tokenizer_2"),
            scheduler=scheduler,
            force_zeros_for_empty_prompt=_json(folder / "model_index.json").get("force_zeros_for_empty_prompt", True),
            **modules,
        )
        return Shell(check, pipe, scheduler_config, shared, layout, stamp)

    def layers(self, configs: Mapping[str, Any]) -> tuple[dict[str, Any], Layout]:
        """The modules that all models of an architecture share, by component, and their layout; made once."""
        key = key_of(configs)
        if key not in self._architectures:
            shared = make_modules(configs)
            self._architectures[key] = shared, Layout(shared, self._device.dtype)
        return self._architectures[key]

    def _tokenizer(self, folder: Path) -> Any:
        """The tokenizer of a folder; models with the same files share it, as it is read once.

        Whatever transformers there is, it is the one that transformers 5 has: version 4's own ``CLIPTokenizer`` drops
        some signs, such as what joins emoji.
        """
        from transformers import CLIPTokenizerFast

        digest = hashlib.sha256()
        for file in sorted(folder.iterdir()):
            digest.update(file.name.encode() + b"\0" + hashlib.sha256(file.read_bytes()).digest())
        key = digest.hexdigest()
        if key not in self._tokenizers:
            self._tokenizers[key] = CLIPTokenizerFast.from_pretrained(str(folder))
        return self._tokenizers[key]


@dataclass
class Progress:
    """Counts the bytes of a load and reports them with the step that is under way."""

    total: int
    report: Callable[[str, float], None]
    """Told the step and the share done, 0 to 1; may raise to give up the load."""
    step: str = STEPS["text_encoder"]
    done: int = 0

    def add(self, unit: Unit | None) -> None:
        """Take a unit that was read, or None: nothing came in the meantime."""
        if unit is not None:
            self.step = STEPS[unit.pieces[0].name.partition(".")[0]]
            self.done += unit.size
        self.report(self.step, min(1.0, self.done / max(1, self.total)))


def read_weights(
    shell: Shell,
    device: Any,
    make_room: Callable[[], Callable[[Piece, Any], None]],
    report: Callable[[str, float], None],
    readers: int = READERS,
) -> None:
    """Read a model's weights; what ``make_room`` returns takes each piece as it was stored, on ``device``.

    ``make_room`` is called once the headers have said that the weights fit; ``report`` after each read, and may raise
    to give up. Raises UserError when they do not fit, or when a file cannot be read: then the room holds a mixture.
    """
    shapes = {name: place.shape for name, place in shell.layout.places.items()}
    units = units_of(sources_of(shell.check, shapes))
    progress = Progress(sum(unit.size for unit in units), report)
    progress.add(None)
    read_units(units, device, make_room(), progress.add, readers)


def _stamp(check: ModelReport) -> tuple[object, ...] | None:
    """What tells a model's files from themselves at another time: places, and each file's size and time of change."""
    folder, found = check.folder, find_folder(check.model)
    assert folder is not None, "only a checked model is loaded"
    files = [folder / name for name in COMPONENTS]
    files += [file for name in COMPONENTS for file in _listed(folder / name)]
    files += [] if check.model.file is None else [check.model.file]
    try:
        statuses = [(str(file), os.stat(file)) for file in files]
    except OSError:
        return None
    place = None if found is None else str(found.path)
    return place, *((name, status.st_size, status.st_mtime_ns) for name, status in statuses)


def _listed(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []


def _refuse_inpainting_only(unet: Mapping[str, Any], vae: Mapping[str, Any]) -> None:
    if unet["in_channels"] != vae["latent_channels"]:
        raise UserError(
            f"its UNet takes {unet['in_channels']} channels where its VAE gives {vae['latent_channels']}: it is made "
            "for inpainting only; choose a text-to-image model."
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
