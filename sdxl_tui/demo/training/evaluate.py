"""Look at the finished model: figures on pairs that training never showed, and a sheet of all styles."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sdxl_tui.demo.training import backgrounds
from sdxl_tui.demo.training.captions import held_out
from sdxl_tui.demo.training.objects import Object
from sdxl_tui.demo.training.prepare import load_objects

PROMPTS, STEPS, GUIDANCE, SIDE = 64, 12, 4.0, 128
FRAME = 5
"""Pixels along the edge of a picture that are taken for its background."""
APART = 0.12
"""Distance from the background, of 0..1 in the farthest channel, from which on a pixel belongs to the object."""
LOOKED = 48
"""Width and height at which objects are compared."""
SHEET = ("a cat", "a red apple on a blue background", "a castle in the mountains", "a robot on a yellow background")


def evaluate(model: Path, data: Path) -> dict[str, Any]:
    """Figures of a model folder, on the CPU, Euler, 12 steps, guidance 4.

    A background is right when, of the eleven common colours, the asked one is nearest in CIELAB to the median of the
    picture's outer 5 pixels. An object is right at k when it is among the k nearest of all objects, by the mean square
    distance of RGB at 48x48: the picture's object cut out by its distance from the background (without the outer 5
    pixels, and specks removed by a median of 5x5), each training object laid on that same background.
    """
    import numpy

    objects = load_objects(data)
    sprites = _small_sprites(data)
    asked = _asked(objects)
    pipe = load_pipeline(model)
    began = time.perf_counter()
    pictures = [
        picture
        for start in range(0, PROMPTS, 8)
        for picture in paint(pipe, [words for _, _, words in asked[start : start + 8]], start)
    ]
    seconds = (time.perf_counter() - began) / PROMPTS
    right, ranks, rows = 0, [], []
    for picture, (number, colour, words) in zip(pictures, asked, strict=True):
        pixels = numpy.asarray(picture, dtype=numpy.float32) / 255
        behind = _behind(pixels)
        seen = nearest_colour(behind)
        rank = _rank(pixels, behind, sprites, number)
        right += seen == colour
        ranks.append(rank)
        rows.append({"prompt": words, "background": seen, "rank": rank})
    found = {f"object_top_{k}": sum(rank < k for rank in ranks) / PROMPTS for k in (1, 5, 20)}
    return {"background": right / PROMPTS, **found, "objects": len(objects), "seconds": seconds, "rows": rows}


def load_pipeline(model: Path) -> Any:
    """The model through diffusers alone."""
    import torch
    from diffusers import StableDiffusionXLPipeline

    torch.set_grad_enabled(False)
    pipe = StableDiffusionXLPipeline.from_pretrained(str(model), local_files_only=True, add_watermarker=False)
    pipe.set_progress_bar_config(disable=True)
    return pipe.to(torch.float32)


def paint(pipe: Any, prompts: list[str], seed: int, negative: str = "", steps: int = STEPS) -> list[Any]:
    """One picture a prompt, seeds counted up from ``seed``."""
    import torch

    shape = (1, pipe.unet.config.in_channels, SIDE // 4, SIDE // 4)
    noise = [torch.randn(shape, generator=torch.Generator().manual_seed(seed + place)) for place in range(len(prompts))]
    return pipe(
        prompts,
        negative_prompt=[negative] * len(prompts),
        num_inference_steps=steps,
        guidance_scale=GUIDANCE,
        width=SIDE,
        height=SIDE,
        latents=torch.cat(noise),
    ).images


def sheet(model: Path, styles: Path, file: Path) -> None:
    """All styles, a row each, by their words and with their schedulers and steps; four prompts, the same seeds."""
    import diffusers
    from PIL import Image, ImageDraw

    from sdxl_tui.core.schedulers import SCHEDULERS
    from sdxl_tui.core.styles import load_styles

    pipe = load_pipeline(model)
    own = dict(pipe.scheduler.config)
    shown = list(load_styles([styles])[0].values())
    half = (len(shown) + 1) // 2
    canvas = Image.new("RGB", (2 * 4 * SIDE + 16, half * (SIDE + 16)), "white")
    draw = ImageDraw.Draw(canvas)
    for place, style in enumerate(shown):
        row = SCHEDULERS[style.scheduler or "euler"]
        pipe.scheduler = getattr(diffusers, row.class_name).from_config(own, **row.options)
        words = [style.styled_prompt(prompt) for prompt in SHEET]
        left, top = (place // half) * (4 * SIDE + 16), (place % half) * (SIDE + 16)
        pictures = paint(pipe, words, 3, style.styled_negative_prompt(""), style.steps or STEPS)
        for column, picture in enumerate(pictures):
            canvas.paste(picture, (left + column * SIDE, top))
        draw.text((left + 4, top + SIDE + 2), style.name, fill="black")
    canvas.save(file)


def main() -> None:
    """``python -m sdxl_tui.demo.training.evaluate MODEL DATA``: the figures, as JSON."""
    import sys

    print(json.dumps(evaluate(Path(sys.argv[1]), Path(sys.argv[2])), indent=1))


def _asked(objects: list[Object]) -> list[tuple[int, str, str]]:
    """Held-out pairs of an object without a colour in its name, by number, with a common background colour."""
    import numpy

    def pairs() -> Iterator[tuple[int, str]]:
        for number, item in enumerate(objects):
            for colour in backgrounds.COMMON:
                if held_out(number, colour) and not item.colour:
                    yield number, colour

    every = list(pairs())
    chosen = numpy.random.default_rng(64).choice(len(every), PROMPTS, replace=False)
    words = []
    for place in chosen:
        number, colour = every[place]
        article = "an" if colour == "orange" else "a"
        name = objects[number].name
        words.append((number, colour, f"{'an' if name[0] in 'aeio' else 'a'} {name} on {article} {colour} background"))
    return words


def _small_sprites(data: Path) -> Any:
    """(objects, 48, 48, 4) in 0..1, colours times alpha, each cut to its own edges."""
    import numpy
    from PIL import Image

    with numpy.load(data / "sprites.npz") as opened:
        sprites = opened["fluent"]
    small = []
    for sprite in sprites:
        image = Image.frombytes("RGBa", sprite.shape[:2], sprite.tobytes())
        inside = Image.fromarray(sprite[..., 3]).point(lambda alpha: 255 if alpha > 32 else 0).getbbox()
        cut = image.crop(inside).resize((LOOKED, LOOKED), Image.Resampling.BOX)
        small.append(numpy.frombuffer(cut.tobytes(), dtype=numpy.uint8).reshape(LOOKED, LOOKED, 4))
    return numpy.stack(small).astype(numpy.float32) / 255


def _behind(pixels: Any) -> Any:
    import numpy

    edge = numpy.ones(pixels.shape[:2], dtype=bool)
    edge[FRAME:-FRAME, FRAME:-FRAME] = False
    return numpy.median(pixels[edge], axis=0)


def nearest_colour(colour: Any) -> str:
    """The common colour word that is nearest in CIELAB."""
    import numpy

    wanted = _lab(numpy.asarray(colour, dtype=numpy.float32))
    names = backgrounds.COMMON
    return min(names, key=lambda name: float(((_lab(numpy.array(backgrounds.NAMED[name])) - wanted) ** 2).sum()))


def _lab(colour: Any) -> Any:
    """CIELAB (D65) of sRGB in 0..1."""
    import numpy

    linear = numpy.where(colour <= 0.04045, colour / 12.92, ((colour + 0.055) / 1.055) ** 2.4)
    matrix = numpy.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    ratio = matrix @ linear / numpy.array([0.9505, 1.0, 1.089])
    root = numpy.where(ratio > 0.008856, numpy.cbrt(ratio), 7.787 * ratio + 16 / 116)
    return numpy.array([116 * root[1] - 16, 500 * (root[0] - root[1]), 200 * (root[1] - root[2])])


def _rank(pixels: Any, behind: Any, sprites: Any, number: int) -> int:
    """How many objects are nearer to the picture's than the asked one."""
    import numpy
    from PIL import Image, ImageFilter

    mask = numpy.abs(pixels - behind).max(-1) > APART
    mask[[*range(FRAME), *range(-FRAME, 0)]] = False
    mask[:, [*range(FRAME), *range(-FRAME, 0)]] = False
    mask = numpy.asarray(Image.fromarray(mask).convert("L").filter(ImageFilter.MedianFilter(5))) > 0
    if mask.sum() < 50:
        return len(sprites)
    rows, columns = numpy.where(mask.any(1))[0], numpy.where(mask.any(0))[0]
    cut = pixels[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    small = Image.fromarray((cut * 255).astype(numpy.uint8)).resize((LOOKED, LOOKED), Image.Resampling.BOX)
    seen = numpy.asarray(small, dtype=numpy.float32) / 255
    laid = sprites[..., :3] + (1 - sprites[..., 3:]) * behind
    distance = ((laid - seen) ** 2).mean((1, 2, 3))
    return int((distance < distance[number]).sum())


if __name__ == "__main__":
    main()
