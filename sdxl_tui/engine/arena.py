"""Every weight of a model in one block of memory, whose addresses stay while models change."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sdxl_tui.engine.architecture import key_of

ALIGNMENT = 256
"""Bytes: what cuBLAS and cuDNN take for aligned, with room."""


@dataclass(frozen=True)
class Place:
    """Where a weight lies in a block."""

    begin: int
    """Its first byte."""
    shape: tuple[int, ...]


class Layout:
    """The order of the weights in a block of bytes, the same for every model of an architecture.

    Q, K and V of a self-attention are neighbours, and so are the time projections of all UNet resnets; all else begins
    at multiples of ALIGNMENT.
    """

    def __init__(self, modules: Mapping[str, Any], dtype: Any) -> None:
        self.dtype = dtype
        self.key = (key_of({name: module.config for name, module in modules.items()}), str(dtype))
        """What a model must share to lie in the same order."""
        self.places: dict[str, Place] = {}
        """By ``component.name of the live module``, as ``unet.conv_in.weight``."""
        shapes = {
            f"{part}.{name}": tuple(parameter.shape)
            for part, module in modules.items()
            for name, parameter in module.named_parameters()
        }
        end = 0
        for run in _runs(shapes):
            end = -(-end // ALIGNMENT) * ALIGNMENT
            for name in run:
                self.places[name] = Place(end, shapes[name])
                end += self.bytes_of(shapes[name])
        self.size = -(-end // ALIGNMENT) * ALIGNMENT
        """Bytes of a block."""

    def bytes_of(self, shape: Sequence[int]) -> int:
        """How many bytes a weight of that shape takes."""
        return math.prod(shape) * self.dtype.itemsize

    def views(self, block: Any, channels_last: bool) -> dict[str, Any]:
        """Return the weights in ``block``, a flat uint8 tensor; ``channels_last``: as ``Arena`` has it."""
        return {name: self.view(block, name, channels_last) for name in self.places}

    def view(self, block: Any, name: str, channels_last: bool) -> Any:
        """Return one weight in ``block``."""
        place = self.places[name]
        flat = block[place.begin : place.begin + self.bytes_of(place.shape)].view(self.dtype)
        if channels_last and len(place.shape) == 4:
            out, into, high, wide = place.shape
            return flat.view(out, high, wide, into).permute(0, 3, 1, 2)
        return flat.view(place.shape)


class Arena:
    """The weights that are computed with: UNet, VAE and both text encoders of the model in use.

    ``flat`` is the whole as a uint8 tensor on the device. The address of a weight never changes while the arena lives:
    CUDA graphs are captured over it. All weights have ``dtype``, those of the VAE too.
    """

    def __init__(self, modules: Mapping[str, Any], device: Any, dtype: Any, channels_last: bool) -> None:
        """Make room for the weights of ``modules`` (on the meta device); what stands there is anything."""
        import torch

        self.layout = Layout(modules, dtype)
        self.flat = torch.empty(self.layout.size, dtype=torch.uint8, device=device)
        self.channels_last = channels_last
        """The weights of convolutions lie in NHWC order; their shape stays (out, in, height, width)."""
        self.generation = 0
        """Raised when other weights are written: what was derived from those before is stale."""
        self._views = self.layout.views(self.flat, channels_last)
        self._parameters: dict[str, Any] = {}
        self._owners: list[tuple[Any, str, str]] = []
        """Module, its own name of a parameter, and the whole name."""

    @property
    def key(self) -> tuple[str, str]:
        """The architecture: models of the same key can be written into this arena."""
        return self.layout.key

    def __getitem__(self, name: str) -> Any:
        """Return a weight by its live name, as ``unet.conv_in.weight``."""
        return self._views[name]

    def joined(self, names: Sequence[str]) -> Any:
        """Return neighbours as one view, joined along their first dimension; raise ValueError if they are none."""
        places = [self.layout.places[name] for name in names]
        first, end = places[0], places[0].begin
        for name, place in zip(names, places, strict=True):
            if place.begin != end or place.shape[1:] != first.shape[1:] or len(place.shape) == 4:
                raise ValueError(f"{name} is no neighbour of {names[0]}")
            end += self.layout.bytes_of(place.shape)
        rows = sum(place.shape[0] for place in places)
        return self.flat[first.begin : end].view(self.layout.dtype).view(rows, *first.shape[1:])

    def attach(self, modules: Mapping[str, Any]) -> None:
        """Make the parameters of ``modules`` these weights: whatever is written here is what they compute with."""
        import torch

        for part, module in modules.items():
            for name, _ in list(module.named_parameters()):
                whole = f"{part}.{name}"
                if whole not in self._parameters:
                    self._parameters[whole] = torch.nn.Parameter(self._views[whole], requires_grad=False)
                owner, _, leaf = name.rpartition(".")
                self._owners.append((module.get_submodule(owner), leaf, whole))
                self._owners[-1][0]._parameters[leaf] = self._parameters[whole]
            _count_positions(module, self.flat.device)

    def detach(self) -> None:
        """Leave the modules without weights, on the meta device; the memory is free once nobody holds ``flat``."""
        import torch

        for owner, leaf, whole in self._owners:
            empty = torch.empty(self.layout.places[whole].shape, dtype=self.layout.dtype, device="meta")
            owner._parameters[leaf] = torch.nn.Parameter(empty, requires_grad=False)
        self._owners.clear()
        self._parameters.clear()
        self._views.clear()

    def lay_out(self, channels_last: bool) -> None:
        """Bring the weights of convolutions into the other order, in place."""
        if channels_last == self.channels_last:
            return
        before, self.channels_last = self._views, channels_last
        self._views = self.layout.views(self.flat, channels_last)
        for name, place in self.layout.places.items():
            if len(place.shape) == 4:
                self._views[name].copy_(before[name].clone())
        self._show()

    def write_runs(self, runs: Sequence[tuple[int, Any]], channels_last: bool) -> None:
        """Take over a whole block of this layout, from any device; ``channels_last`` says how it lies.

        It comes in one or more pieces, pairs of first byte and uint8 tensor; nothing waits between those that are
        pinned.
        """
        import torch

        wanted = self.channels_last
        self.generation += 1
        for begin, piece in runs:
            self.flat[begin : begin + len(piece)].copy_(piece, non_blocking=True)
        if self.flat.is_cuda:
            torch.cuda.synchronize()
        if channels_last != wanted:
            self.channels_last = channels_last
            self._views = self.layout.views(self.flat, channels_last)
            self.lay_out(wanted)

    def writing(self) -> dict[str, Any]:
        """Return all weights to write to, by name; what was derived from them is stale from now on."""
        self.generation += 1
        return self._views

    def _show(self) -> None:
        for name, parameter in self._parameters.items():
            parameter.data = self._views[name]


def _runs(shapes: Mapping[str, Any]) -> Iterator[list[str]]:
    """The names in the order of their modules; those that must be neighbours come together."""
    together: dict[str, list[str]] = {}
    for name in shapes:
        together.setdefault(_run_of(name), []).append(name)
    for run in together.values():
        # Q before K before V, whatever order the module has them in.
        yield sorted(run, key=lambda name: _turn(name) or 0)


def _run_of(name: str) -> str:
    layer, _, kind = name.rpartition(".")
    if _turn(name) is not None:
        return f"{layer.rpartition('.')[0]} {kind}"
    if layer.startswith("unet.") and layer.endswith(".time_emb_proj"):
        return f"time projections {kind}"
    return name


def _turn(name: str) -> int | None:
    """Of a weight of Q, K or V of a self-attention: 0, 1 or 2; None for any other."""
    attention, _, which = name.rpartition(".")[0].rpartition(".to_")
    if which not in ("q", "k", "v"):
        return None
    of_unet = name.startswith("unet.") and attention.endswith(".attn1")
    of_vae = name.startswith("vae.") and ".attentions." in attention
    return "qkv".index(which) if of_unet or of_vae else None


def _count_positions(module: Any, device: Any) -> None:
    """Make the buffers that are no weights: text encoders count their positions."""
    import torch

    for name, buffer in list(module.named_buffers()):
        if name.endswith("position_ids") and buffer.device != device:
            owner = module.get_submodule(name.rpartition(".")[0])
            owner.position_ids = torch.arange(buffer.shape[-1], device=device).expand(buffer.shape)
