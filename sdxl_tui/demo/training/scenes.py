"""Paints scenes on one device: a background, shadows, objects, then the look of each."""

from __future__ import annotations

from typing import Any

from sdxl_tui.demo.training import looks
from sdxl_tui.demo.training.backgrounds import INDEX
from sdxl_tui.demo.training.captions import DRAWN_FLAT
from sdxl_tui.demo.training.prepare import MARGIN, SIDE

OVERSIZE = SIDE / (SIDE - 2 * MARGIN)
"""How much larger than the object in it a sprite is."""


def paint(
    scenes: dict[str, Any], order: list[tuple[str, int]], pictures: Any, drawings: Any, width: int, height: int
) -> Any:
    """Return (n, 3, height, width) float32 in -1..1 of scenes as ``captions.Scenes.draw`` gives them.

    ``order`` is the layout of the looks; ``pictures`` and ``drawings`` are the sprites of the modelled and of the flat
    looks.
    """
    import torch

    device = pictures.device
    numbers = torch.from_numpy(scenes["background"]).to(device)
    painted = paint_background(numbers, width, height)
    place = torch.from_numpy(scenes["place"]).to(device)
    shadow = torch.from_numpy(scenes["shadow"]).to(device)
    for slot in range(scenes["sprite"].shape[1]):
        at = 0
        for group, atlas in _runs(order, pictures, drawings):
            here = (scenes["sprite"][at : at + group, slot] >= 0).nonzero()[0] + at
            if len(here):
                index = torch.from_numpy(here).to(device)
                sprites = atlas[torch.from_numpy(scenes["sprite"][here, slot]).to(device)]
                where = place[index, slot]
                under = _shadowed(painted[index], where, shadow[index])
                painted[index] = _pasted(under, sprites, where)
            at += group
    results, at = [], 0
    for name, count in order:
        results.append(looks.LOOKS[name](painted[at : at + count]) if name in looks.LOOKS else painted[at : at + count])
        at += count
    finished = torch.cat(results).clamp(0, 1)
    for factor in range(2, 5):
        blurred = (scenes["lowres"] == factor).nonzero()[0]
        if len(blurred):
            index = torch.from_numpy(blurred).to(device)
            finished[index] = _coarse(finished[index], factor)
    return finished * 2 - 1


def _runs(order: list[tuple[str, int]], pictures: Any, drawings: Any) -> list[tuple[int, Any]]:
    """Neighbouring looks that take the same sprites, as (scenes, sprites)."""
    runs: list[tuple[int, Any]] = []
    for name, count in order:
        atlas = drawings if name in DRAWN_FLAT else pictures
        if runs and runs[-1][1] is atlas:
            runs[-1] = (runs[-1][0] + count, atlas)
        else:
            runs.append((count, atlas))
    return runs


def paint_background(numbers: Any, width: int, height: int) -> Any:
    """Return (n, 3, height, width) in 0..1 from rows of ``backgrounds.FIELDS``."""
    import torch

    device, count = numbers.device, len(numbers)
    x = ((torch.arange(width, device=device) + 0.5) / width).view(1, 1, 1, -1)
    y = ((torch.arange(height, device=device) + 0.5) / height).view(1, 1, -1, 1)
    aspect = width / height

    def value(name: str) -> Any:
        return numbers[:, INDEX[name]].view(-1, 1, 1, 1)

    def colour(name: str) -> Any:
        first = INDEX[f"{name}_r"]
        return numbers[:, first : first + 3].view(-1, 3, 1, 1)

    # 1. The sky, or the plain colour; or the studio's light in the middle
    horizon, phase = value("horizon"), value("phase")
    along = (y + (x - 0.5) * value("angle")) / horizon.clamp(max=1.0)
    middle = ((x - 0.5) ** 2 + (y - 0.45) ** 2).sqrt() * 1.3
    picture = torch.lerp(colour("sky_top"), colour("sky_low"), torch.lerp(along, middle, value("round")).clamp(0, 1))

    # 2. Clouds, stars, falling snow, sun
    soft = looks.smooth_noise(count, height, width, 5, device) + 0.5 * looks.smooth_noise(
        count, height, width, 12, device
    )
    clouds = value("clouds")
    veil = ((soft - 0.25) * 1.4).clamp(0, 1) * clouds.abs()
    tint = torch.where(clouds > 0, torch.ones_like(clouds), torch.tensor(0.35, device=device))
    picture = torch.lerp(picture, tint.expand_as(picture), veil.clamp(0, 1) * 0.75)
    stars = value("stars")
    dots = looks.dots(count, height, width, device)
    picture = torch.maximum(picture, dots[:, :1] * stars.clamp(0, 1.5))
    distance = (((x - value("disc_x")) * aspect) ** 2 + (y - value("disc_y")) ** 2).sqrt()
    size = value("disc_size")
    shine = (size > 0) * value("glow") * torch.exp(-distance / (size * 2 + 1e-3)) * 0.7
    disc = ((size - distance) * height / 1.5).clamp(0, 1)
    picture = torch.lerp(picture, colour("disc"), torch.maximum(shine, disc).clamp(0, 1))

    # 3. Hills or trees far away, then the ground
    peaks, sharp = value("peaks"), value("sharp")
    wave = (x * peaks * aspect + phase) % 1.0
    tooth = 1 - (2 * wave - 1).abs()
    uneven = 0.6 + 0.4 * torch.sin((x * peaks * aspect + phase).floor() * 12.9)
    crest = torch.where(sharp > 0, tooth * uneven, torch.ones_like(tooth))
    ridge = ((y - (horizon - value("ridge") * crest)) * height).clamp(0, 1) * (value("ridge") > 0)
    picture = torch.lerp(picture, colour("ridge") * (1.15 - 0.3 * y), ridge)
    rough = value("rough") * (torch.sin(x * 6.3 + phase) + 0.5 * torch.sin(x * 15.1 + 2 * phase))
    line = horizon + rough
    ground = ((y - line) * height / 1.5).clamp(0, 1)
    depth = ((y - line) / (1 - horizon).clamp(min=0.05)).clamp(0, 1)
    grain = value("grain") * looks.smooth_noise(count, height, width, 40, device)
    ripple = value("waves") * torch.sin((x * 3 + phase) + 60 * depth.sqrt() * (1 - 0.4 * depth)) * (0.4 + 0.6 * depth)
    earth = torch.lerp(colour("ground_top"), colour("ground_low"), depth) + grain + ripple
    picture = torch.lerp(picture, earth, ground)
    return torch.maximum(picture, dots[:, 1:] * (-stars).clamp(0, 1)).clamp(0, 1)


def _shadowed(painted: Any, where: Any, strength: Any) -> Any:
    """A soft shadow on the floor under an object at ``where`` (n, 4)."""
    import torch

    _, _, height, width = painted.shape
    device, shorter = painted.device, min(height, width)
    x = ((torch.arange(width, device=device) + 0.5) / shorter).view(1, 1, 1, -1)
    y = ((torch.arange(height, device=device) + 0.5) / shorter).view(1, 1, -1, 1)
    centre_x, centre_y, size = (where[:, place].view(-1, 1, 1, 1) for place in range(3))
    across = (x - centre_x * width / shorter) / (0.42 * size)
    down = (y - centre_y * height / shorter - 0.49 * size) / (0.08 * size)
    dark = torch.exp(-(across**2) - down**2) * strength.view(-1, 1, 1, 1)
    return painted * (1 - dark)


def _pasted(under: Any, sprites: Any, where: Any) -> Any:
    """Sprites (n, 4, side, side) uint8 over pictures, turned, sized and placed by ``where`` (n, 4).

    Sampled at twice the size and averaged, so that small objects have no stairs.
    """
    import torch
    from torch.nn import functional

    _, _, height, width = under.shape
    shorter = min(height, width)
    size = where[:, 2] * OVERSIZE
    cosine, sine = torch.cos(where[:, 3]) / size, torch.sin(where[:, 3]) / size
    across, down = width / shorter, height / shorter
    move_x, move_y = (1 - 2 * where[:, 0]) * across, (1 - 2 * where[:, 1]) * down
    rows = torch.stack(
        [
            torch.stack([cosine * across, sine * down, cosine * move_x + sine * move_y], 1),
            torch.stack([-sine * across, cosine * down, -sine * move_x + cosine * move_y], 1),
        ],
        1,
    )
    grid = functional.affine_grid(rows, [len(under), 4, 2 * height, 2 * width], align_corners=False)
    laid = functional.grid_sample(sprites.float(), grid, align_corners=False)
    laid = functional.avg_pool2d(laid, 2).float() / 255
    return under * (1 - laid[:, 3:]) + laid[:, :3]


def _coarse(pictures: Any, factor: int) -> Any:
    from torch.nn import functional

    height, width = pictures.shape[-2:]
    small = functional.interpolate(pictures, size=(height // factor, width // factor), mode="area")
    return functional.interpolate(small, size=(height, width), mode="bilinear")
