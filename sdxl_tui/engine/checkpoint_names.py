"""Where a single-file checkpoint has the weights of the live modules: the names of the first SDXL code.

UNet and VAE have other names there, level by level; the second text encoder is OpenCLIP's, whose attention holds Q, K
and V in one tensor and whose projection is transposed. diffusers converts such files (``single_file_utils``); here
nothing is converted, each weight is read from where it stands.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from sdxl_tui.core.checkpoint_kind import CLIP, OPEN_CLIP, UNET, VAE


@dataclass(frozen=True)
class Spot:
    """Where a weight stands in a checkpoint."""

    key: str
    third: int | None = None
    """Of a tensor that joins Q, K and V: 0, 1 or 2; None: all of it."""
    transposed: bool = False
    """Rows and columns are the other way round."""


def spots_of(part: str, live: Iterable[str]) -> dict[str, Spot]:
    """Return where each weight of component ``part`` stands, by its name in the live module."""
    names = list(live)
    spot: Callable[[str], Spot] = {
        "unet": _Unet(names).spot,
        "vae": _Vae(names).spot,
        "text_encoder": _clip_spot,
        "text_encoder_2": _open_clip_spot,
    }[part]
    return {name: spot(name) for name in names}


def is_extra(key: str) -> bool:
    """Whether a tensor may stand in a checkpoint beside what the lab reads.

    Only in the UNet does one that is left over mean that the file is of another architecture.
    """
    return not key.startswith(UNET)


def _renamed(name: str, names: Iterable[tuple[str, str]]) -> str:
    """``name`` with its beginning or a part of it in the checkpoint's words."""
    for live, stored in names:
        if name == live or name.startswith(f"{live}."):
            return stored + name[len(live) :]
    return name


class _Unet:
    """The levels are counted through: block after block, with the samplers between them."""

    def __init__(self, live: Iterable[str]) -> None:
        found = [re.match(r"(down|up)_blocks\.(\d+)\.(resnets|attentions)\.(\d+)\.", name) for name in live]
        blocks = [match.groups() for match in found if match]
        self._resnets = 1 + max((int(n) for way, _, kind, n in blocks if (way, kind) == ("down", "resnets")), default=0)
        self._attending = {(way, int(level)) for way, level, kind, _ in blocks if kind == "attentions"}

    def spot(self, name: str) -> Spot:
        """Where a weight of the UNet stands."""
        return Spot(UNET + self._stored(name))

    def _stored(self, name: str) -> str:
        if found := re.match(r"(down|up)_blocks\.(\d+)\.(\w+)\.(\d+)\.(.+)", name):
            way, level, kind, number, rest = found.groups()
            return self._in_a_level(way, int(level), kind, int(number), rest)
        if found := re.match(r"mid_block\.(resnets|attentions)\.(\d+)\.(.+)", name):
            kind, number, rest = found.groups()
            place = 1 if kind == "attentions" else 2 * int(number)
            return f"middle_block.{place}.{_renamed(rest, _UNET_RESNET) if kind == 'resnets' else rest}"
        return _renamed(name, _UNET_ENDS)

    def _in_a_level(self, way: str, level: int, kind: str, number: int, rest: str) -> str:
        side = "input" if way == "down" else "output"
        in_a_level = self._resnets + 1
        first = level * in_a_level + (1 if way == "down" else 0)
        if kind == "downsamplers":
            return f"input_blocks.{first + self._resnets}.0.{rest.replace('conv.', 'op.')}"
        if kind == "upsamplers":
            place = 2 if (way, level) in self._attending else 1
            return f"output_blocks.{first + self._resnets}.{place}.{rest}"
        if kind == "attentions":
            return f"{side}_blocks.{first + number}.1.{rest}"
        return f"{side}_blocks.{first + number}.0.{_renamed(rest, _UNET_RESNET)}"


_UNET_ENDS = (
    ("conv_in", "input_blocks.0.0"),
    ("time_embedding.linear_1", "time_embed.0"),
    ("time_embedding.linear_2", "time_embed.2"),
    ("add_embedding.linear_1", "label_emb.0.0"),
    ("add_embedding.linear_2", "label_emb.0.2"),
    ("conv_norm_out", "out.0"),
    ("conv_out", "out.2"),
)
_UNET_RESNET = (
    ("norm1", "in_layers.0"),
    ("conv1", "in_layers.2"),
    ("time_emb_proj", "emb_layers.1"),
    ("norm2", "out_layers.0"),
    ("conv2", "out_layers.3"),
    ("conv_shortcut", "skip_connection"),
)


class _Vae:
    """The decoder's levels are counted from the other end."""

    def __init__(self, live: Iterable[str]) -> None:
        levels = [int(found[1]) for name in live if (found := re.match(r"decoder\.up_blocks\.(\d+)\.", name))]
        self._last = max(levels, default=0)

    def spot(self, name: str) -> Spot:
        """Where a weight of the VAE stands."""
        return Spot(VAE + self._stored(name))

    def _stored(self, name: str) -> str:
        if found := re.match(r"(encoder\.down|decoder\.up)_blocks\.(\d+)\.(\w+)\.(\d+)\.(.+)", name):
            side, level, kind, number, rest = found.groups()
            level = level if side == "encoder.down" else str(self._last - int(level))
            if kind == "resnets":
                return f"{side}.{level}.block.{number}.{_renamed(rest, _VAE_RESNET)}"
            return f"{side}.{level}.{'downsample' if kind == 'downsamplers' else 'upsample'}.{rest}"
        if found := re.match(r"(encoder|decoder)\.mid_block\.(resnets|attentions)\.(\d+)\.(.+)", name):
            side, kind, number, rest = found.groups()
            if kind == "attentions":
                return f"{side}.mid.attn_1.{_renamed(rest, _VAE_ATTENTION)}"
            return f"{side}.mid.block_{int(number) + 1}.{_renamed(rest, _VAE_RESNET)}"
        return name.replace(".conv_norm_out.", ".norm_out.")


_VAE_RESNET = (("conv_shortcut", "nin_shortcut"),)
_VAE_ATTENTION = (
    ("group_norm", "norm"),
    ("to_q", "q"),
    ("to_k", "k"),
    ("to_v", "v"),
    ("to_out.0", "proj_out"),
)


def _clip_spot(name: str) -> Spot:
    """The first text encoder is transformers' own; version 5 dropped its prefix."""
    return Spot(f"{CLIP}text_model.{name.removeprefix('text_model.')}")


def _open_clip_spot(name: str) -> Spot:
    name = name.removeprefix("text_model.")
    if name == "text_projection.weight":
        return Spot(f"{OPEN_CLIP}text_projection", transposed=True)
    if found := re.match(r"encoder\.layers\.(\d+)\.self_attn\.([qkv])_proj\.(weight|bias)", name):
        layer, which, kind = found.groups()
        return Spot(f"{OPEN_CLIP}transformer.resblocks.{layer}.attn.in_proj_{kind}", "qkv".index(which))
    if found := re.match(r"encoder\.layers\.(\d+)\.(.+)", name):
        return Spot(f"{OPEN_CLIP}transformer.resblocks.{found[1]}.{_renamed(found[2], _OPEN_CLIP_LAYER)}")
    return Spot(OPEN_CLIP + _renamed(name, _OPEN_CLIP_ENDS))


_OPEN_CLIP_ENDS = (
    ("embeddings.token_embedding", "token_embedding"),
    ("embeddings.position_embedding.weight", "positional_embedding"),
    ("final_layer_norm", "ln_final"),
)
_OPEN_CLIP_LAYER = (
    ("layer_norm1", "ln_1"),
    ("layer_norm2", "ln_2"),
    ("mlp.fc1", "mlp.c_fc"),
    ("mlp.fc2", "mlp.c_proj"),
    ("self_attn.out_proj", "attn.out_proj"),
)
