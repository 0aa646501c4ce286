"""A LoRA's file as factors of changes to weights: diffusers knows the spellings, a model has the names and shapes."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sdxl_tui.core.errors import UserError
from sdxl_tui.core.safetensors_header import read_header
from sdxl_tui.core.words import named, shown_size
from sdxl_tui.engine.arena import Layout
from sdxl_tui.engine.weights import canonical

PARTS = ("unet", "text_encoder_2", "text_encoder")
"""The components that a LoRA changes; the longer of two names that begin alike comes first."""

_FACTOR = re.compile(
    r"[._](?:(?P<down>lora_A|lora\.down|lora_linear_layer\.down|lora_down)|"
    r"(?:lora_B|lora\.up|lora_linear_layer\.up|lora_up))(?:\.default)?\.weight$"
)
_KOHYA = re.compile(r"^lora_(unet|te[12]?)_([^.]+)\.(.+)$")
KOHYA = {"unet": "unet", "te": "text_encoder", "te1": "text_encoder", "te2": "text_encoder_2"}
"""What kohya's trainer calls the components."""
_TEXT_ATTENTION = re.compile(r"\.to_(q|k|v|out)$")
ADAPTER = "lora_adapter_metadata"
"""Where diffusers writes peft's settings: files with ``lora_A`` hold no alpha beside it."""


@dataclass(frozen=True)
class Change:
    """What a LoRA adds to one weight: ``scale * up @ down``, in the weight's shape."""

    name: str
    """Of the weight, as the arena has it: ``unet.mid_block.attentions.0.proj_in.weight``."""
    up: Any
    """(out, rank)."""
    down: Any
    """(rank, in x kernel height x kernel width)."""
    scale: float
    """alpha / rank; 1 where the file has no alpha."""

    @property
    def of_text(self) -> bool:
        """Whether the weight is a text encoder's."""
        return self.name.startswith("text_encoder")

    @property
    def size(self) -> int:
        """Bytes of the factors."""
        return sum(factor.numel() * factor.element_size() for factor in (self.up, self.down))


def read_changes(file: Path, name: str, model: str, layout: Layout, unet_config: Any, device: Any) -> list[Change]:
    """Return what a LoRA's file changes in weights of ``layout``, its factors on ``device`` as they were stored.

    ``name`` and ``model`` are what sentences call the two. Raises UserError when the file is damaged, spelt in a way
    that diffusers does not know, or has a layer that the model lacks or has in another shape.
    """
    from safetensors.torch import load_file

    header = read_header(file)
    if header.damage:
        raise UserError(f"The LoRA {named(name)} {header.damage[0]}.")
    weights = _Weights(layout)
    try:
        spelt, alphas = _mapped(load_file(file), unet_config, weights)
    except Exception as error:  # What diffusers and safetensors raise at a file that is not as they know it.
        first_line = str(error).strip().partition("\n")[0]
        raise UserError(f"The LoRA {named(name)} cannot be read: {named(first_line)}.") from error
    downs: dict[str, Any] = {}
    ups: dict[str, Any] = {}
    for key, tensor in spelt.items():
        if (found := _FACTOR.search(key)) is not None:
            (downs if found["down"] else ups)[weights.name_of(key[: found.start()], name, model)] = tensor
        elif key.endswith(".alpha"):
            alphas[key] = float(tensor)
        else:
            raise UserError(f"The LoRA {named(name)} holds {named(key)}, which is not known here.")
    if lone := sorted(set(downs) ^ set(ups)):
        raise UserError(f"The LoRA {named(name)} lacks a factor for {lone[0]}: download it again.")
    scales = _Scales({weights.name_of(key, name, model): value for key, value in alphas.items()}, header.metadata)
    changes = []
    for weight, down in downs.items():
        up, shape = ups[weight].flatten(1), layout.places[weight].shape
        rank = down.shape[0]
        down = down.flatten(1)
        if (up.shape, down.shape) != ((shape[0], rank), (rank, math.prod(shape[1:]))):
            raise UserError(
                f"The LoRA {named(name)} is not made for {model}: its {weight} is {up.shape[0]}x{down.shape[1]}, "
                f"the model's {shape[0]}x{math.prod(shape[1:])}."
            )
        changes.append(Change(weight, up.to(device, copy=True), down.to(device, copy=True), scales.of(weight, rank)))
    return changes


def shown_bytes(changes: list[Change]) -> str:
    """How much factors take, as it is shown."""
    return shown_size(sum(change.size for change in changes))


def _mapped(tensors: Mapping[str, Any], unet_config: Any, weights: _Weights) -> tuple[dict[str, Any], dict[str, float]]:
    """The tensors by their components and layers, and the alphas that diffusers took out of them.

    Kohya's names of layers that are diffusers' own but for the dots are taken as they are: diffusers guesses where the
    dots were, and takes both ``add_embedding.linear_1`` and ``_2`` for one. It knows Stability's names of blocks.
    """
    from diffusers import StableDiffusionXLPipeline

    plain: dict[str, Any] = {}
    others: dict[str, Any] = {}
    for key, tensor in tensors.items():
        found = _KOHYA.match(key)
        if found is not None and weights.find(KOHYA[found[1]], found[2]):
            plain[f"{KOHYA[found[1]]}.{found[2]}.{found[3]}"] = tensor
        else:
            others[key] = tensor
    if not others:
        return plain, {}
    spelt, alphas = StableDiffusionXLPipeline.lora_state_dict(others, unet_config=unet_config)[:2]
    return plain | spelt, dict(alphas or {})


class _Weights:
    """A model's weights by what is left of their names in every spelling: the letters and digits."""

    def __init__(self, layout: Layout) -> None:
        self._names: dict[tuple[str, str], str] = {}
        for name in layout.places:
            part, _, inner = name.partition(".")
            if part in PARTS and inner.endswith(".weight"):
                self._names[part, _letters(canonical(inner.removesuffix(".weight")))] = name

    def name_of(self, key: str, lora: str, model: str) -> str:
        """The weight that a factor or an alpha belongs to."""
        key = key.removesuffix(".alpha")
        if (factor := _FACTOR.search(key)) is not None:
            key = key[: factor.start()]
        part = next((part for part in PARTS if key.startswith(f"{part}.")), "unet")
        inner = key.removeprefix(f"{part}.").replace(".processor", "").removeprefix("base_model.model.")
        if part == "unet":
            inner = re.sub(r"\.to_out$", ".to_out.0", inner)
        else:
            inner = _TEXT_ATTENTION.sub(lambda found: f".{found[1]}_proj", inner)
        found = self.find(part, canonical(inner))
        if found is None:
            raise UserError(f"The LoRA {named(lora)} is not made for {model}, which has no layer {named(key)}.")
        return found

    def find(self, part: str, layer: str) -> str | None:
        """The weight of a layer of a component; None: it has none such."""
        return self._names.get((part, _letters(layer).removeprefix("textmodel")))


class _Scales:
    """What factors are multiplied by, from alphas in the file or peft's settings in its metadata."""

    def __init__(self, alphas: Mapping[str, float], metadata: Mapping[str, str]) -> None:
        self._alphas = alphas
        try:
            self._settings = dict(json.loads(metadata.get(ADAPTER, "{}")))
        except (ValueError, TypeError):
            self._settings = {}

    def of(self, weight: str, rank: int) -> float:
        """``alpha / rank``."""
        if weight in self._alphas:
            return self._alphas[weight] / rank
        part, _, inner = weight.removesuffix(".weight").partition(".")
        pattern = self._settings.get(f"{part}.alpha_pattern") or {}
        own = [alpha for module, alpha in pattern.items() if inner == module or inner.endswith(f".{module}")]
        alpha = own[0] if own else self._settings.get(f"{part}.lora_alpha", rank)
        return float(alpha) / (math.sqrt(rank) if self._settings.get(f"{part}.use_rslora") else rank)


def _letters(name: str) -> str:
    return re.sub(r"[._]", "", name)
