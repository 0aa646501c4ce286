"""Published weights into live modules, matched by name: a tensor missing or left over is an error that names it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from sdxl_tui.core.errors import UserError

RENAMINGS = (
    # transformers 5 dropped the prefix of CLIPTextModel that every published repo has.
    (re.compile(r"^text_model\."), ""),
    # VAEs saved by diffusers before 0.15 name their attention as the first latent diffusion code did.
    (re.compile(r"(attentions\.\d+)\.query\."), r"\1.to_q."),
    (re.compile(r"(attentions\.\d+)\.key\."), r"\1.to_k."),
    (re.compile(r"(attentions\.\d+)\.value\."), r"\1.to_v."),
    (re.compile(r"(attentions\.\d+)\.proj_attn\."), r"\1.to_out.0."),
)
"""Every known spelling of a tensor's name leads to one: applied to the file's names and to the live module's."""

CONSTANTS = re.compile(r"(^|\.)position_ids$")
"""Counting tensors that some files carry and every module makes by itself."""


def canonical(name: str) -> str:
    """The one spelling of a tensor's name."""
    for pattern, replacement in RENAMINGS:
        name = pattern.sub(replacement, name)
    return name


def read_weights(module: Any, files: Sequence[Path], folder: Path, dtype: Any, read: Callable[[int], None]) -> None:
    """Fill ``module`` (made on the meta device) with the tensors of ``files``, cast to ``dtype``, on the CPU.

    ``read`` is told the bytes of each tensor that is there. Raises UserError that names the component's folder and the
    tensor when one is missing, left over or of another shape, before any weight is read.
    """
    from safetensors import safe_open

    live = {canonical(name): name for name in module.state_dict() if not CONSTANTS.search(name)}
    where: dict[str, tuple[Path, str]] = {}
    left_over: list[str] = []
    for file in files:
        with safe_open(str(file), framework="pt") as opened:
            for name in opened.keys():  # noqa: SIM118 - a safe_open is no mapping
                if CONSTANTS.search(name):
                    continue
                if canonical(name) not in live:
                    left_over.append(name)
                    continue
                _check_shape(module, live[canonical(name)], name, opened, file.relative_to(folder))
                where[canonical(name)] = (file, name)
    part = files[0].relative_to(folder).parent
    _refuse(part, "lacks", [live[name] for name in live if name not in where])
    _refuse(part, "has an unknown", left_over)

    tensors = {}
    for file in files:
        with safe_open(str(file), framework="pt") as opened:
            for target, (holder, name) in where.items():
                if holder == file:
                    tensor = opened.get_tensor(name)
                    tensors[live[target]] = tensor.to(dtype, copy=True)
                    read(tensor.nbytes)
    module.load_state_dict(tensors, strict=False, assign=True)
    _count_positions(module)


def _check_shape(module: Any, target: str, name: str, opened: Any, file: Path) -> None:
    found = list(opened.get_slice(name).get_shape())
    wanted = list(module.get_parameter(target).shape)
    if found != wanted:
        raise UserError(f"{file}: {name} has shape {found}, its config asks for {wanted}; download that folder again.")


def _refuse(part: Path, what: str, names: list[str]) -> None:
    if names:
        more = f" and {len(names) - 1} more" if len(names) > 1 else ""
        raise UserError(f"{part} {what} tensor {names[0]}{more}: the weights do not fit the config beside them.")


def _count_positions(module: Any) -> None:
    """Make the buffers that are no weights: text encoders count their positions."""
    import torch

    for name, buffer in list(module.named_buffers()):
        if buffer.is_meta and CONSTANTS.search(name):
            owner = module.get_submodule(name.rpartition(".")[0])
            owner.position_ids = torch.arange(buffer.shape[-1]).expand(buffer.shape)
