"""What a model computes, apart from its weights: its components' configs, and modules made from them."""

from __future__ import annotations

import copy
import inspect
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sdxl_tui.core.check import PARTS

NOT_COMPUTED = frozenset(
    {
        "architectures", "attention_dropout", "bos_token_id", "dropout", "dtype", "force_upcast", "initializer_factor",
        "initializer_range", "latents_mean", "latents_std", "model_type", "pad_token_id", "sample_size",
        "scaling_factor", "torch_dtype", "transformers_version",
    }
)  # fmt: skip
"""Config values that leave a module's result as it is: models that differ in these alone share one architecture."""


def read_configs(folder: Path) -> dict[str, Any]:
    """Return the components' configs of a model's folder, as ``understood`` returns them."""
    return understood(written_configs(folder))


def written_configs(folder: Path) -> dict[str, dict[str, Any]]:
    """Return the components' configs as they stand in a model's folder."""
    return {part: json.loads((folder / part / "config.json").read_text(encoding="utf-8")) for part in PARTS}


def understood(written: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Return each component's config with the defaults of its class where ``written`` is silent.

    A mapping for UNet and VAE, a CLIPTextConfig for the text encoders.
    """
    from diffusers import AutoencoderKL, UNet2DConditionModel
    from transformers import CLIPTextConfig

    return {
        "text_encoder": CLIPTextConfig.from_dict(dict(written["text_encoder"])),
        "text_encoder_2": CLIPTextConfig.from_dict(dict(written["text_encoder_2"])),
        "unet": _filled(UNet2DConditionModel, written["unet"]),
        "vae": _filled(AutoencoderKL, written["vae"]),
    }


def key_of(configs: Mapping[str, Any]) -> str:
    """Return what tells architectures apart: models with the same key differ in their weights alone."""
    from transformers import CLIPTextConfig

    known = CLIPTextConfig().to_dict()
    told: dict[str, dict[str, Any]] = {}
    for part, config in configs.items():
        values = config if isinstance(config, Mapping) else {name: config.to_dict().get(name) for name in known}
        told[part] = {
            name: _plain(value)
            for name, value in values.items()
            if name not in NOT_COMPUTED and not name.startswith("_")
        }
    return json.dumps(told, sort_keys=True, default=str)


def make_modules(configs: Mapping[str, Any]) -> dict[str, Any]:
    """Return modules with no memory behind their weights: on torch's ``meta`` device."""
    import torch
    from diffusers import AutoencoderKL, UNet2DConditionModel
    from transformers import CLIPTextModel, CLIPTextModelWithProjection

    with torch.device("meta"):
        modules = {
            "text_encoder": CLIPTextModel(configs["text_encoder"]),
            "text_encoder_2": CLIPTextModelWithProjection(configs["text_encoder_2"]),
            "unet": UNet2DConditionModel.from_config(configs["unet"]),
            "vae": AutoencoderKL.from_config(configs["vae"]),
        }
    return {name: module.eval().requires_grad_(False) for name, module in modules.items()}


def with_own_configs(modules: Mapping[str, Any], configs: Mapping[str, Any]) -> dict[str, Any]:
    """Return modules that share every weight and layer with ``modules``; UNet and VAE have configs of their own.

    Text encoders are shared whole: what their configs may differ in is not looked at, and transformers 5 hooks the
    layers of each encoder object that it meets, so that two over the same layers would collect every output twice.
    """
    from diffusers.configuration_utils import FrozenDict

    own = dict(modules)
    for name in ("unet", "vae"):
        own[name] = copy.copy(modules[name])
        own[name]._internal_dict = FrozenDict({**modules[name].config, **configs[name]})
    # AutoencoderKL takes its tiles from sample_size when it is made.
    side = configs["vae"]["sample_size"]
    own["vae"].tile_sample_min_size = side
    side = side[0] if isinstance(side, (list, tuple)) else side
    own["vae"].tile_latent_min_size = int(side / 2 ** (len(configs["vae"]["block_out_channels"]) - 1))
    return own


def _plain(value: Any) -> Any:
    """A value as others write it too: ``1`` for ``1.0``."""
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _filled(kind: Any, given: Mapping[str, Any]) -> dict[str, Any]:
    """The class's defaults with what is given; where its default is yes or no, null means no."""
    filled = {}
    for parameter in inspect.signature(kind.__init__).parameters.values():
        if parameter.name != "self" and parameter.kind is not inspect.Parameter.VAR_KEYWORD:
            value = given.get(parameter.name, parameter.default)
            filled[parameter.name] = False if value is None and isinstance(parameter.default, bool) else value
    return filled
