"""The looks of the shipped styles, as filters: each takes (n, 3, height, width) in 0..1 and returns the same.

They are what a style's words mean to the model; the words themselves are those of ``styles/``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Look = Callable[[Any], Any]


def smooth_noise(count: int, height: int, width: int, waves: int, device: Any) -> Any:
    """(n, 1, height, width) of soft noise around 0, about ``waves`` ups and downs across."""
    import torch
    from torch.nn import functional

    coarse = torch.randn(count, 1, max(2, waves * height // width), waves, device=device)
    return functional.interpolate(coarse, size=(height, width), mode="bicubic", align_corners=False)


def dots(count: int, height: int, width: int, device: Any) -> Any:
    """(n, 2, height, width): small bright points, and larger soft flakes."""
    import torch
    from torch.nn import functional

    points = (torch.rand(count, 2, height, width, device=device) > 0.993).float()
    strength = torch.rand(count, 2, height, width, device=device) * 0.7 + 0.5
    spread = functional.avg_pool2d(points * strength, 3, 1, 1) * 3
    flakes = functional.max_pool2d(points[:, 1:] * strength[:, 1:], 3, 1, 1)
    return torch.cat([torch.maximum(points[:, :1] * strength[:, :1], spread[:, :1] * 0.4), flakes], 1).clamp(0, 1)


def grey(pictures: Any) -> Any:
    """(n, 1, height, width)."""
    return pictures[:, :1] * 0.30 + pictures[:, 1:2] * 0.59 + pictures[:, 2:] * 0.11


def saturated(pictures: Any, amount: float) -> Any:
    """Colours moved away from grey, or towards it below 1."""
    middle = grey(pictures)
    return middle + (pictures - middle) * amount


def contrasted(pictures: Any, amount: float, around: float = 0.5) -> Any:
    """Values moved away from ``around``."""
    return ((pictures - around) * amount + around).clamp(0, 1)


def toned(pictures: Any, dark: tuple[float, float, float], light: tuple[float, float, float], amount: float) -> Any:
    """Shadows and lights tinted, in the same proportion everywhere."""
    import torch

    low, high = (pictures.new_tensor(colour).view(1, 3, 1, 1) for colour in (dark, light))
    return torch.lerp(pictures, torch.lerp(low, high, grey(pictures)), amount)


def blurred(pictures: Any, radius: int) -> Any:
    """Averaged three times over a square: nearly a Gaussian."""
    from torch.nn import functional

    for _ in range(3):
        edge = functional.pad(pictures, (radius,) * 4, mode="replicate")
        pictures = functional.avg_pool2d(edge, 2 * radius + 1, 1)
    return pictures


def edges(pictures: Any) -> Any:
    """(n, 1, height, width): how steep the picture is, by Sobel's operator on its colours."""
    import torch
    from torch.nn import functional

    kernel = pictures.new_tensor([[1.0, 0.0, -1.0], [2.0, 0.0, -2.0], [1.0, 0.0, -1.0]])
    both = torch.stack([kernel, kernel.t()]).unsqueeze(1)
    count, channels, height, width = pictures.shape
    padded = functional.pad(pictures, (1,) * 4, mode="replicate").reshape(count * channels, 1, height + 2, width + 2)
    steep = functional.conv2d(padded, both).pow(2).sum(1).sqrt()
    return steep.view(count, channels, height, width).amax(1, keepdim=True)


def vignetted(pictures: Any, strength: float) -> Any:
    """Darker towards the corners."""
    x, y = _axes(pictures)
    return pictures * (1 - strength * ((x - 0.5) ** 2 + (y - 0.5) ** 2) * 2)


def painted(pictures: Any, radius: int = 2) -> Any:
    """Brush strokes: each pixel from the calmest of its four corners (Kuwahara 1976)."""
    import torch
    from torch.nn import functional

    side = radius + 1
    padded = functional.pad(pictures, (radius,) * 4, mode="replicate")
    mean = functional.avg_pool2d(padded, side, 1)
    spread = (functional.avg_pool2d(padded**2, side, 1) - mean**2).sum(1, keepdim=True)
    height, width = pictures.shape[-2:]
    corners = [(top, left) for top in (0, radius) for left in (0, radius)]
    means = torch.stack([mean[..., top : top + height, left : left + width] for top, left in corners])
    spreads = torch.stack([spread[..., top : top + height, left : left + width] for top, left in corners])
    calmest = spreads.argmin(0, keepdim=True).expand(1, *pictures.shape)
    return means.gather(0, calmest)[0]


def stepped(pictures: Any, steps: int) -> Any:
    """Fewer shades, softly."""
    scaled = pictures * steps
    whole = scaled.floor()
    return (whole + ((scaled - whole - 0.5) * 4 + 0.5).clamp(0, 1)) / steps


def inked(pictures: Any, of: Any, start: float, gain: float, strength: float = 1.0) -> Any:
    """Dark lines where ``of`` is steep."""
    return pictures * (1 - strength * ((edges(of) - start) * gain).clamp(0, 1))


def grained(pictures: Any, strength: float) -> Any:
    """Film grain: soft, and strongest in the middle tones."""
    import torch
    from torch.nn import functional

    count, _, height, width = pictures.shape
    noise = functional.avg_pool2d(torch.randn(count, 1, height + 1, width + 1, device=pictures.device), 2, 1) * 2
    light = grey(pictures)
    return pictures + noise * strength * (0.35 + 2.6 * light * (1 - light))


def paper(pictures: Any, strength: float) -> Any:
    """The tooth of paper."""
    count, _, height, width = pictures.shape
    return pictures + strength * smooth_noise(count, height, width, width // 3, pictures.device)


def _axes(pictures: Any) -> tuple[Any, Any]:
    import torch

    height, width = pictures.shape[-2:]
    x = ((torch.arange(width, device=pictures.device) + 0.5) / width).view(1, 1, 1, -1)
    y = ((torch.arange(height, device=pictures.device) + 0.5) / height).view(1, 1, -1, 1)
    return x, y


def film(pictures: Any) -> Any:
    """35mm: faded, warm in the lights, halation, grain."""
    glow = (blurred(pictures, 4) - 0.65).clamp(min=0)
    faded = saturated(pictures, 0.8) * 0.82 + 0.10
    warm = faded + glow * faded.new_tensor([0.5, 0.2, 0.05]).view(1, 3, 1, 1)
    return grained(vignetted(toned(warm, (0.10, 0.13, 0.16), (1.0, 0.90, 0.72), 0.28), 0.35), 0.03)


def anime(pictures: Any) -> Any:
    """Strong colours, cel shading, thin dark lines."""
    flat = stepped(painted(saturated(pictures, 1.45), 2), 5)
    return inked(contrasted(flat, 1.1), painted(pictures, 2), 0.7, 1.6, 0.9)


def black_and_white(pictures: Any) -> Any:
    """Deep blacks, bright highlights, fine grain."""
    return grained(contrasted(grey(pictures), 1.45, 0.48).expand_as(pictures), 0.018)


def cinematic(pictures: Any) -> Any:
    """Teal shadows, warm lights, a wide frame."""
    import torch

    graded = toned(contrasted(pictures, 1.15, 0.55) * 0.88, (0.0, 0.16, 0.22), (1.0, 0.86, 0.66), 0.42)
    _, y = _axes(pictures)
    inside = ((y > 0.11) & (y < 0.89)).float()
    return torch.lerp(torch.full_like(graded, 0.02), vignetted(graded, 0.7), inside)


def dark_fantasy(pictures: Any) -> Any:
    """Muted, dark, cold mist from below, a faint candle."""
    import torch

    count, _, height, width = pictures.shape
    dark = contrasted(saturated(painted(pictures, 1), 0.45), 1.25, 0.55) * 0.68
    cold = toned(dark, (0.02, 0.05, 0.06), (0.55, 0.66, 0.66), 0.4)
    x, y = _axes(pictures)
    soft = smooth_noise(count, height, width, 4, pictures.device)
    mist = ((y - 0.55) * 1.5 + 0.25 * soft).clamp(0, 0.65)
    misty = torch.lerp(cold, cold.new_tensor([0.40, 0.47, 0.48]).view(1, 3, 1, 1).expand_as(cold), mist)
    candle = torch.exp(-((x - 0.82) ** 2 + (y - 0.25) ** 2) / 0.03) * 0.35
    return vignetted(misty, 1.0) + candle * misty.new_tensor([1.0, 0.55, 0.18]).view(1, 3, 1, 1)


def frazetta(pictures: Any) -> Any:
    """Oil paint in earth colours, hard shadows."""
    earthy = toned(saturated(painted(painted(pictures, 2), 2), 0.9), (0.12, 0.05, 0.02), (0.98, 0.80, 0.48), 0.5)
    count, _, height, width = pictures.shape
    strokes = smooth_noise(count, height, width, width // 5, pictures.device)
    return vignetted(contrasted(earthy, 1.35, 0.5) * (1 + 0.05 * strokes), 0.9)


def giger(pictures: Any) -> Any:
    """Bone and metal: monochrome, ribbed along the forms, airbrushed."""
    import torch

    light = contrasted(blurred(grey(pictures), 1), 1.3, 0.5)
    x, y = _axes(pictures)
    ribs = torch.sin(38 * (y + 0.25 * torch.sin(5 * x)) + 14 * blurred(grey(pictures), 3))
    form = contrasted(light, 1.25, 0.5) * 0.80 - ((edges(blurred(pictures, 1)) - 0.25) * 0.8).clamp(0, 0.5)
    relief = form + 0.09 * ribs * (0.3 + light) + 0.35 * (light - blurred(light, 5))
    dark, bright = (pictures.new_tensor(c).view(1, 3, 1, 1) for c in ((0.02, 0.03, 0.04), (0.80, 0.80, 0.70)))
    return vignetted(torch.lerp(dark, bright, relief.clamp(0, 1)), 0.5)


def pencil(pictures: Any) -> Any:
    """Lines and hatching in graphite on paper."""
    import torch

    light = grey(pictures)
    lines = ((edges(blurred(pictures, 1)) - 0.16) * 1.3).clamp(0, 0.85)
    x, y = _axes(pictures)
    height, width = pictures.shape[-2:]
    strokes = 0.5 + 0.5 * torch.sin((x * width + y * height) * 1.25)
    shade = ((0.62 - blurred(light, 1)) * 1.25).clamp(0, 0.75) * (0.30 + 0.70 * strokes)
    drawn = 0.95 - torch.maximum(lines, shade * 0.85)
    return paper(drawn.expand_as(pictures) * pictures.new_tensor([1.0, 0.99, 0.96]).view(1, 3, 1, 1), 0.012)


def photoreal(pictures: Any) -> Any:
    """Daylight from one side, blurred edges of the frame, fine texture, sharp middle."""
    import torch

    x, y = _axes(pictures)
    lit = pictures * (1.10 - 0.34 * x - 0.12 * y)
    sharp = lit + 0.9 * (lit - blurred(lit, 1))
    natural = contrasted(saturated(sharp, 0.86), 1.12, 0.5)
    far = ((x - 0.5) ** 2 + (y - 0.5) ** 2).sqrt()
    return grained(torch.lerp(natural, blurred(natural, 2), ((far - 0.36) * 5).clamp(0, 1)), 0.01)


def r_rated(pictures: Any) -> Any:
    """Nearly without colour, hard light from one side, heavy shadows."""
    x, y = _axes(pictures)
    light = (1.25 - 2.2 * ((x - 0.32) ** 2 + (y - 0.35) ** 2).sqrt()).clamp(0.08, 1.2)
    hard = contrasted(saturated(pictures, 0.32), 1.6, 0.55) * light
    return grained(toned(hard, (0.03, 0.04, 0.03), (0.90, 0.92, 0.80), 0.25), 0.02)


def bakshi(pictures: Any) -> Any:
    """Painted cels, rough ink, muted, grain."""
    import torch

    count, _, height, width = pictures.shape
    cels = stepped(painted(saturated(pictures, 0.75), 2), 4)
    muted = toned(cels, (0.20, 0.13, 0.10), (0.95, 0.86, 0.66), 0.36)
    rough = 0.75 + 0.35 * smooth_noise(count, height, width, width // 4, pictures.device)
    ink = ((edges(painted(pictures, 1)) - 0.45) * 1.5 * rough).clamp(0, 0.95)
    return grained(torch.lerp(muted, muted.new_tensor([0.10, 0.06, 0.05]).view(1, 3, 1, 1).expand_as(muted), ink), 0.02)


def rotoscoped(pictures: Any) -> Any:
    """Flat areas of few colours, bold black outlines."""
    from torch.nn import functional

    calm = painted(painted(pictures, 3), 2)
    flat = stepped(saturated(calm, 0.95), 3)
    bold = functional.max_pool2d(edges(calm), 3, 1, 1)
    return flat * (1 - ((bold - 0.9) * 1.6).clamp(0, 1))


def soft_illustration(pictures: Any) -> Any:
    """Pastel washes with pale edges, on paper."""
    count, _, height, width = pictures.shape
    wash = painted(blurred(pictures, 1), 2)
    pale = saturated(wash, 0.75) * 0.58 + 0.42
    pool = smooth_noise(count, height, width, 9, pictures.device) * 0.035
    lined = pale * (1 - ((edges(blurred(pictures, 1)) - 0.35) * 0.35).clamp(0, 0.28)) + pool
    return paper(lined, 0.012)


def burton(pictures: Any) -> Any:
    """Moonlit blue and grey, stripes and a spiral behind, black edges."""
    import torch

    x, y = _axes(pictures)
    light = contrasted(grey(pictures), 1.35, 0.5)
    moonlit = toned(contrasted(saturated(pictures, 0.45), 1.25, 0.55), (0.04, 0.03, 0.10), (0.80, 0.84, 0.96), 0.6)
    aspect = pictures.shape[-1] / pictures.shape[-2]
    far = (((x - 0.5) * aspect) ** 2 + (y - 0.5) ** 2).sqrt()
    swirl = torch.sin(26 * far + 3 * torch.atan2(y - 0.5, (x - 0.5) * aspect))
    outside = ((far - 0.34) * 5).clamp(0, 1)
    striped = moonlit * (1 + 0.42 * (swirl * 3).clamp(-1, 1) * outside)
    return vignetted(inked(striped, light.expand_as(pictures), 0.5, 1.2, 0.85), 0.9)


LOOKS: dict[str, Look] = {
    "35mm-film": film,
    "anime": anime,
    "black-and-white": black_and_white,
    "cinematic": cinematic,
    "dark-fantasy": dark_fantasy,
    "frank-frazetta": frazetta,
    "hr-giger": giger,
    "pencil-sketch": pencil,
    "photoreal": photoreal,
    "r-rated": r_rated,
    "ralph-bakshi": bakshi,
    "rotoscoping": rotoscoped,
    "soft-illustration": soft_illustration,
    "tim-burton": burton,
}
"""By the style's file name; a look that is not here leaves the scene as it is."""
