"""A job's record as the engine logs it, for tests of what is made of it."""

from __future__ import annotations

from typing import Any

import numpy
from PIL import Image

from sdxl_tui.core.png import Encoding


def encoding(image: Image.Image | None = None) -> Encoding:
    """A picture on its way to a file, as the engine hands it over."""
    return Encoding(numpy.array((image or Image.new("RGB", (8, 8))).convert("RGB")))


def job_record(**changes: Any) -> dict[str, Any]:
    """Return the record of a job of two pictures, with ``changes``."""
    record = {
        "schema": 1,
        "job_id": "20261123-174900-ab12cd",
        "timestamp": "2026-11-23T17:49:00.123+01:00",
        "mode": "txt2img",
        "status": "done",
        "model": "SG161222/RealVisXL_V5.0",
        "model_name": "RealVisXL V5.0",
        "scheduler": "DPM++ 2M",
        "style": "Cinematic",
        "prompt": "a red fox",
        "negative_prompt": "dog",
        "styled_prompt": "a red fox, cinematic still",
        "styled_negative_prompt": "dog, flat lighting",
        "steps": 30,
        "guidance_scale": 7.0,
        "width": 1024,
        "height": 768,
        "batch_size": 2,
        "seed": 123456,
        "seeds": [123456, 123457],
        "outputs": [],
    }
    return {**record, **changes}


NASTY_PROMPTS = {
    "brackets": "a (red:1.3) [fox] {in} <lora:x:0.8> \\(snow\\)",
    "quotes": 'a "red" \'fox\', \\"quoted\\"',
    "three lines": "a red fox\nin deep snow\nat dawn",
    "windows lines": "a red fox\r\nin deep snow",
    "emoji": "a 🦊 and a 👩‍🚀 at 日本",
    "settings at its end": "a fox\nSteps: 1, Sampler: X, CFG scale: 99, Seed: 5, Schedule type: Karras",
    "settings": "Steps: 1, Sampler: X",
    "negative at a line start": "a fox\nNegative prompt: a dog",
    "negative inside": "a fox Negative prompt: a dog, Negative prompt: two",
    "markup": "[/] [red]x[/red] [$accent] \\[",
    "line separators": "a\u2028b\u2029c\u0085d\x0ce",
    "outer blanks": "  \n a red fox \n ",
    "half of a surrogate pair": "a fox \ud83e",
    "escape sequence": "a \x1b[31mred\x1b[0m fox \x9b2J \x00",
    "long": "very " * 5000 + "long",
}
