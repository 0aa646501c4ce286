"""The sprites on one device, with recoloured copies of those that are of one colour."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from sdxl_tui.demo.training.captions import Thing
from sdxl_tui.demo.training.objects import Object

HUES = {"red": 2, "orange": 28, "yellow": 50, "green": 120, "blue": 218, "purple": 275, "pink": 335}
"""Hue in degrees of each colour that a sprite can be given."""
GREYS = {"black": (0.42, -0.02), "white": (0.55, 0.45)}
"""Gain and offset of the grey value for what is painted black or white."""


def load_sprites(folder: Path, objects: list[Object], device: str) -> tuple[list[Thing], Any, Any]:
    """Return the things, and their pictures and drawings: two tensors (sprites, 4, side, side) uint8.

    Colours are multiplied by alpha. The first sprites are the objects', in their order; recoloured ones follow.
    """
    import numpy
    import torch

    with numpy.load(folder / "sprites.npz") as opened:
        both = [torch.from_numpy(opened[name]).permute(0, 3, 1, 2).to(device) for name in ("fluent", "noto")]
    notes = folder / "sprites.json"
    if not notes.is_file():
        notes.write_text(json.dumps([_seen(one) for one in both]) + "\n", encoding="utf-8")
    seen = json.loads(notes.read_text(encoding="utf-8"))
    things: list[Thing] = []
    extra: list[tuple[int, str]] = []
    for number, item in enumerate(objects):
        word, main_hue = _word(seen[0], number) if item.kind != "person" else ("", None)
        variants: dict[str, int] = {}
        if main_hue is not None:
            for name in (*HUES, *GREYS):
                if name not in (word, item.colour):
                    variants[name] = len(objects) + len(extra)
                    extra.append((number, name))
        things.append(Thing(item, word, variants))
    pictures = [
        torch.cat([one, *(_recoloured(one, extra[at : at + 256], values) for at in range(0, len(extra), 256))])
        for one, values in zip(both, seen, strict=True)
    ]
    return things, pictures[0], pictures[1]


def _seen(sprites: Any) -> dict[str, list[float]]:
    """What each sprite looks like: main hue in degrees, how much has it, how much is coloured, grey value."""
    import torch

    rows: dict[str, list[float]] = {"hue": [], "share": [], "coloured": [], "value": []}
    for sprite in sprites.float() / 255:
        alpha = sprite[3]
        colours = sprite[:3] / alpha.clamp(min=1e-3)
        hue, saturation, value = rgb_to_hsv(colours)
        coloured = alpha * (saturation > 0.28) * (value > 0.2)
        bins = torch.zeros(36, device=sprite.device).index_add_(
            0, (hue.flatten() * 36).long().clamp(0, 35), coloured.flatten()
        )
        near = sum(bins.roll(step) for step in range(-2, 3))
        best = int(near.argmax())
        angles = (hue * 36 - best + 18) % 36 - 18
        mine = coloured * (angles.abs() < 3)
        rows["hue"].append(float((best + (angles * mine).sum() / mine.sum().clamp(min=1)) * 10 % 360))
        rows["share"].append(float(mine.sum() / coloured.sum().clamp(min=1)))
        rows["coloured"].append(float(coloured.sum() / alpha.sum().clamp(min=1)))
        rows["value"].append(float((value * alpha).sum() / alpha.sum().clamp(min=1)))
    return rows


def _word(seen: dict[str, list[float]], number: int) -> tuple[str, float | None]:
    """Return the colour word of a sprite, empty for a mixed one, and its main hue if it can be recoloured."""
    hue, share, coloured, value = (seen[key][number] for key in ("hue", "share", "coloured", "value"))
    if coloured < 0.15:
        return ("white" if value > 0.78 else "black" if value < 0.3 else "grey"), None
    if coloured < 0.5 or share < 0.72:
        return "", None
    if 12 <= hue < 44 and value < 0.62:
        return "brown", hue
    for limit, word in ((14, "red"), (42, "orange"), (66, "yellow"), (165, "green"), (252, "blue"), (300, "purple")):
        if hue < limit:
            return word, hue
    return ("pink" if hue < 345 else "red"), hue


def _recoloured(sprites: Any, wanted: list[tuple[int, str]], seen: dict[str, list[float]]) -> Any:
    """Copies of some sprites in other colours: (number, colour word) each; only what has the main hue changes."""
    import torch

    device = sprites.device
    source = sprites[[number for number, _ in wanted]].float() / 255
    main = torch.tensor([seen["hue"][number] / 360 for number, _ in wanted], device=device).view(-1, 1, 1)
    alpha = source[:, 3:]
    colours = source[:, :3] / alpha.clamp(min=1e-3)
    hue, saturation, value = rgb_to_hsv(colours.transpose(0, 1))
    distance = (hue - main + 0.5) % 1 - 0.5
    weight = ((0.17 - distance.abs()) / 0.05).clamp(0, 1) * ((saturation - 0.08) / 0.12).clamp(0, 1)
    target = torch.tensor([HUES.get(name, 0) / 360 for _, name in wanted], device=device).view(-1, 1, 1)
    pink = torch.tensor([name == "pink" for _, name in wanted], device=device).view(-1, 1, 1)
    new_saturation = torch.where(pink, saturation * 0.55, saturation)
    new_value = torch.where(pink, value * 0.6 + 0.4, value)
    changed = hsv_to_rgb((target + distance * 0.5) % 1, new_saturation, new_value).transpose(0, 1)
    for name, (gain, offset) in GREYS.items():
        grey = torch.tensor([name == other for _, other in wanted], device=device).view(-1, 1, 1, 1)
        level = (colours.mean(1, keepdim=True) * gain + offset).clamp(0, 1).expand_as(changed)
        changed = torch.where(grey, level, changed)
    mixed = torch.lerp(colours, changed, weight.unsqueeze(1))
    return (torch.cat([mixed * alpha, alpha], 1) * 255).round().clamp(0, 255).to(torch.uint8)


def rgb_to_hsv(colours: Any) -> tuple[Any, Any, Any]:
    """(3, …) in 0..1 to hue, saturation and value, each (…) in 0..1."""
    import torch

    red, green, blue = colours
    value, low = colours.amax(0), colours.amin(0)
    span = (value - low).clamp(min=1e-6)
    hue = torch.where(
        value == red,
        (green - blue) / span % 6,
        torch.where(value == green, (blue - red) / span + 2, (red - green) / span + 4),
    )
    return hue / 6 % 1, (value - low) / value.clamp(min=1e-6), value


def hsv_to_rgb(hue: Any, saturation: Any, value: Any) -> Any:
    """Three of (…) in 0..1 to (3, …)."""
    import torch

    channels = []
    for offset in (5, 3, 1):
        k = (offset + hue * 6) % 6
        channels.append(value - value * saturation * torch.minimum(k, 4 - k).clamp(0, 1))
    return torch.stack(channels)
