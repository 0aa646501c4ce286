"""From the three packages to one folder of training data: ``objects.json`` and ``sprites.npz``.

The packages, as ``npm pack`` brings them, unpacked side by side:

- ``@lobehub/fluent-emoji-3d`` 1.1.0 (MIT): WebP pictures of 256x256, one a code point sequence;
- ``@iconify-json/noto`` 1.2.9 (Apache-2.0): SVG bodies of 128x128, rendered by librsvg's ``rsvg-convert``;
- ``emojibase-data`` 17.0.0 (MIT): labels, tags and groups.
"""

from __future__ import annotations

import io
import json
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Any

from sdxl_tui.demo.training.objects import ADDED, KINDS, LEFT_OUT, PEOPLE, Object, named

SIDE = 152
"""Width and height of a sprite, with its margin."""
MARGIN = 4
"""Clear pixels around it, so that sampling beyond its edge finds nothing."""


def prepare(fluent: Path, noto: Path, emojibase: Path, target: Path) -> None:
    """Write the training data to ``target``; each of the others is a package's folder.

    ``sprites.npz`` holds ``fluent`` and ``noto``, both (objects, side, side, 4) uint8 with colours multiplied by alpha.
    """
    import numpy

    pictures = {_code(file.stem): file for file in (fluent / "assets").glob("*.webp")}
    drawings = _drawings(noto)
    chosen = [item for item in _objects(emojibase) if item.code in pictures and item.code in drawings]
    with ThreadPoolExecutor() as pool:
        first = list(pool.map(lambda item: _sprite(pictures[item.code].read_bytes()), chosen))
        second = list(pool.map(lambda item: _sprite(_rendered(drawings[item.code])), chosen))
    target.mkdir(parents=True, exist_ok=True)
    numpy.savez_compressed(target / "sprites.npz", fluent=numpy.stack(first), noto=numpy.stack(second))
    rows = [asdict(item) for item in chosen]
    (target / "objects.json").write_text(json.dumps(rows, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def load_objects(folder: Path) -> list[Object]:
    """The objects of a prepared folder, in the order of its sprites."""
    rows = json.loads((folder / "objects.json").read_text(encoding="utf-8"))
    return [Object(**row | {"tags": tuple(row["tags"])}) for row in rows]


def _objects(emojibase: Path) -> list[Object]:
    subgroups = json.loads((emojibase / "meta" / "groups.json").read_text(encoding="utf-8"))["subgroups"]
    rows = json.loads((emojibase / "en" / "data.json").read_text(encoding="utf-8"))
    chosen = []
    for row in rows:
        label, subgroup = row["label"], subgroups.get(str(row.get("subgroup")))
        if label in ADDED or (subgroup in KINDS and label not in LEFT_OUT):
            animal = bool(KINDS.get(subgroup or "", "") == "animal")
            colour, name = named(label.removesuffix(" face") if animal else label)
            tags = tuple(tag.lower() for tag in row.get("tags", ()) if tag.replace(" ", "").isalpha())
            kind = "face" if name.endswith(" face") else KINDS.get(subgroup or "", "")
            kind = "person" if subgroup in PEOPLE else kind
            chosen.append(Object(_code(row["hexcode"]), name, colour, tags, kind))
    return chosen


def _code(hexadecimal: str) -> str:
    return "-".join(part.lstrip("0") for part in hexadecimal.lower().split("-") if part != "fe0f")


def _drawings(noto: Path) -> dict[str, str]:
    """SVG text by code points."""
    icons = json.loads((noto / "icons.json").read_text(encoding="utf-8"))
    names = json.loads((noto / "chars.json").read_text(encoding="utf-8"))
    head = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 128 128">'
    found = {}
    for code, name in names.items():
        icon: Any = icons["icons"].get(name)
        if icon is None and name in icons["aliases"]:
            icon = icons["icons"].get(icons["aliases"][name]["parent"])
        if icon is not None:
            found[_code(code)] = f"{head}{icon['body']}</svg>"
    return found


def _rendered(svg: str) -> bytes:
    return subprocess.run(
        ["rsvg-convert", "--width=256", "--height=256"], input=svg.encode(), capture_output=True, check=True
    ).stdout


def _sprite(file: bytes) -> Any:
    """A picture's opaque part, as large as fits in the middle of (side, side, 4) uint8, colours times alpha."""
    import numpy
    from PIL import Image

    with Image.open(io.BytesIO(file)) as opened:
        picture = opened.convert("RGBA")
    box = picture.getchannel("A").point(lambda alpha: 255 if alpha > 8 else 0).getbbox()
    picture = picture.crop(box)
    room = SIDE - 2 * MARGIN
    scale = room / max(picture.size)
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    sprite = Image.new("RGBa", (SIDE, SIDE))
    sprite.paste(
        picture.convert("RGBa").resize(size, Image.Resampling.LANCZOS), ((SIDE - size[0]) // 2, (SIDE - size[1]) // 2)
    )
    return numpy.frombuffer(sprite.tobytes(), dtype=numpy.uint8).reshape(SIDE, SIDE, 4)
