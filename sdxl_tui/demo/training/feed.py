"""A stream of painted scenes: drawn by worker processes, painted on the device that trains."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch.utils.data import DataLoader, IterableDataset, get_worker_info

from sdxl_tui.demo.training import captions, scenes, sprites, tokenizer
from sdxl_tui.demo.training.prepare import load_objects

Size = tuple[int, int]
"""Width and height."""


@dataclass(frozen=True)
class Studio:
    """All that scenes are made from."""

    drawn: captions.Scenes
    pictures: Any
    drawings: Any
    vocabulary: dict[str, int]
    merges: list[tuple[str, str]]

    @property
    def device(self) -> Any:
        """Where pictures are painted."""
        return self.pictures.device

    def paint(self, drawn: dict[str, Any], size: Size) -> Any:
        """(n, 3, height, width) in -1..1 on the device."""
        import torch

        order = captions.layout(len(drawn["lowres"]), self.drawn.styles, self.drawn.mix)
        with torch.no_grad():
            return scenes.paint(drawn, order, self.pictures, self.drawings, *size)

    def stream(self, seed: int, count: int, sizes: list[Size], workers: int) -> Iterator[tuple[Size, dict[str, Any]]]:
        """Endless lots of ``count`` drawn scenes of 128x128's area, one of ``sizes`` after the other."""
        lots = DataLoader(
            _Lots(self.drawn, seed, count, sizes),
            batch_size=None,
            num_workers=workers,
            prefetch_factor=4 if workers else None,
            collate_fn=_as_it_is,
        )
        yield from lots


def open_studio(data: Path, styles: Path, device: str, mix: captions.Mix = captions.BROAD) -> Studio:
    """Read what ``prepare`` wrote, and learn the tokenizer's merges from it."""
    objects = load_objects(data)
    shipped = captions.load_styles(styles)
    vocabulary, merges = tokenizer.learn(captions.word_counts(objects, shipped))
    things, pictures, drawings = sprites.load_sprites(data, objects, device)
    drawn = captions.Scenes(things, shipped, tokenizer.Encoder(vocabulary, merges), mix)
    return Studio(drawn, pictures, drawings, vocabulary, merges)


class _Lots(IterableDataset):
    def __init__(self, drawn: captions.Scenes, seed: int, count: int, sizes: list[Size]) -> None:
        self.drawn, self.seed, self.count, self.sizes = drawn, seed, count, sizes

    def __iter__(self) -> Iterator[tuple[Size, dict[str, Any]]]:
        import numpy

        worker = get_worker_info()
        rng = numpy.random.default_rng([self.seed, worker.id if worker else 0])
        turn = worker.id if worker else 0
        while True:
            size = self.sizes[turn % len(self.sizes)]
            count = max(48, self.count * 128 * 128 // (size[0] * size[1]))
            lot = self.drawn.draw(rng, count, *size)
            del lot["captions"]
            yield size, lot
            turn += 1


def _as_it_is(lot: Any) -> Any:
    return lot
