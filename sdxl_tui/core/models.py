"""The catalogue: which models the lab knows, and what each is good at. A new model is one row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from sdxl_tui.core import paths
from sdxl_tui.core.checkpoints import find_checkpoints
from sdxl_tui.core.errors import UserError
from sdxl_tui.core.schedulers import DEFAULT, SCHEDULERS
from sdxl_tui.core.settings import load_settings
from sdxl_tui.core.toml import read_toml

DEMO = "demo"
DEMO_PROMPT = "a red apple on a blue background"
"""What it is first shown with."""
NOT_STATED = "not stated"
DEMO_RECIPE = "scenes-1"
"""Revision of the embedded model: other weights get another name, so the log tells which ones made a picture."""


@dataclass(frozen=True)
class Model:
    """One row of the catalogue."""

    id: str
    """Hugging Face id, or any name of the user's own."""
    name: str
    description: str
    licence: str
    steps: int = 30
    guidance: float = 5.0
    width: int = 1024
    height: int = 1024
    scheduler: str = DEFAULT
    heavy: bool = False
    """Wants a strong card: the memory check speaks up for it."""
    distilled: bool = False
    """Made for its own steps and guidance: a style brings its words only."""
    folder: Path | None = None
    """A plain folder in diffusers layout."""
    file: Path | None = None
    """A single-file checkpoint; without a folder and a file it is looked for in the hub cache."""

    @property
    def size(self) -> str:
        """Native size, as ``1024x1024``."""
        return f"{self.width}x{self.height}"

    @property
    def place(self) -> Path | None:
        """The folder or the file that the row names; None: the hub cache."""
        return self.file or self.folder


_ROWS = (
    Model(
        "stabilityai/stable-diffusion-xl-base-1.0",
        "SDXL Base 1.0",
        "the reference SDXL: neutral, follows the prompt",
        "CreativeML Open RAIL++-M",
        guidance=7.0,
        scheduler="euler",
    ),
    Model(
        "stabilityai/sdxl-turbo",
        "SDXL Turbo",
        "distilled: a picture in 1 to 4 steps, no negative prompt",
        "Stability AI Non-Commercial Research Community",
        steps=4,
        guidance=0.0,
        width=512,
        height=512,
        distilled=True,
    ),
    Model(
        "SG161222/RealVisXL_V5.0",
        "RealVisXL V5.0",
        "photoreal people and places",
        "CreativeML Open RAIL++-M",
        scheduler="dpmpp_2m",
    ),
    Model(
        "John6666/cyberrealistic-xl-v58-sdxl",
        "CyberRealistic XL 5.8",
        "photoreal, natural skin and light",
        "see the model's page",
        scheduler="dpmpp_2m",
    ),
    Model(
        "cagliostrolab/animagine-xl-4.0",
        "Animagine XL 4.0",
        "anime, by tags",
        "CreativeML Open RAIL++-M",
        steps=28,
        scheduler="euler_a",
    ),
    Model(
        "stablediffusionapi/juggernautxl",
        "Juggernaut XL",
        "all-round, cinematic",
        "CreativeML Open RAIL-M",
        steps=35,
        scheduler="dpmpp_2m",
    ),
    Model(
        DEMO,
        "Demo",
        "a tiny SDXL that comes with the lab, also without a GPU",
        "MIT",
        steps=12,
        guidance=4.0,
        width=128,
        height=128,
        scheduler="euler",
    ),
)

CATALOGUE: dict[str, Model] = {row.id: row for row in _ROWS}


def load_catalogue() -> dict[str, Model]:
    """Return the known models and the single files of ``checkpoint_dir``, with ``models.toml`` laid over them.

    The file holds ``[[model]]`` tables with an ``id`` and any of Model's other fields (``size = "1024x1024"`` for
    width and height). Raises UserError that names the row and the field when one is wrong.
    """
    catalogue = dict(CATALOGUE)
    for identity, checkpoint in find_checkpoints(load_settings().checkpoint_dir).items():
        unique = identity if identity not in catalogue else str(checkpoint)
        catalogue[unique] = Model(unique, checkpoint.stem, "single-file checkpoint", NOT_STATED, file=checkpoint)
    file = paths.config_dir() / "models.toml"
    rows = read_toml(file).get("model", []) if file.is_file() else []
    if not isinstance(rows, list):
        raise UserError("models.toml needs its rows as [[model]] tables.")
    for number, row in enumerate(rows, start=1):
        model = _overlaid(catalogue, row, f"models.toml, model {number}")
        catalogue = {key: other for key, other in catalogue.items() if not _is_the_same_file(other, model)}
        catalogue[model.id] = model
    return catalogue


def _is_the_same_file(other: Model, model: Model) -> bool:
    """Whether two rows of other ids are one file: the user's own row takes the place of what was found."""
    return other.id != model.id and model.file is not None and other.file == model.file


def _overlaid(catalogue: Mapping[str, Model], row: Mapping[str, Any], where: str) -> Model:
    identity = row.get("id")
    if not isinstance(identity, str) or not identity:
        raise UserError(f'{where} has no id: add a line such as id = "owner/name".')
    base = catalogue.get(identity) or Model(identity, identity.rsplit("/", 1)[-1], "own model", NOT_STATED)
    values = {key: value for key, value in row.items() if key not in ("id", "size")}
    if "size" in row:
        values["width"], values["height"] = _size(row["size"], where)
    kinds = {field.name: type(getattr(base, field.name)) for field in fields(Model)} | {"folder": str, "file": str}
    for key, value in values.items():
        kind = kinds.get(key)
        if kind is None:
            raise UserError(f"{where}: '{key}' is no field; there are {', '.join(kinds)}, size.")
        if kind is float and isinstance(value, int) and not isinstance(value, bool):
            value = values[key] = float(value)
        if type(value) is not kind:
            raise UserError(f"{where}: '{key}' must be a {_KIND_NAMES[kind]}, not {value!r}.")
    if values.get("scheduler", DEFAULT) not in SCHEDULERS:
        raise UserError(f"{where}: there is no scheduler '{values['scheduler']}'; there are {', '.join(SCHEDULERS)}.")
    for key in {"folder", "file"} & set(values):
        values[key] = Path(values[key]).expanduser().absolute()
    if "folder" in values and "file" in values:
        raise UserError(f"{where}: a model is a folder or a file, not both.")
    return replace(base, **values)


_KIND_NAMES = {str: "text in quotes", int: "whole number", float: "number", bool: "true or false"}


def _size(value: Any, where: str) -> tuple[int, int]:
    width, cross, height = str(value).lower().replace("×", "x").partition("x")
    if not (cross and width.isdecimal() and height.isdecimal()):
        raise UserError(f'{where}: size must be written as "1024x1024", not {value!r}.')
    return int(width), int(height)
