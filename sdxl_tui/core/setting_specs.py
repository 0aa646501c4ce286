"""What is to be told of each setting: meaning, default, values, and when another one counts; and where one comes from.

The meanings are the texts below the fields of ``Settings``, so that each stands in one place.
"""

from __future__ import annotations

import ast
import inspect
import itertools
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any

from sdxl_tui.core import paths
from sdxl_tui.core.errors import UserError
from sdxl_tui.core.setting_kinds import NEXT_START, Effect, Group, Kind
from sdxl_tui.core.settings import (
    COMMAND_LINE,
    KEYS_TABLE,
    PREFIX,
    Settings,
    from_environment,
    kinds,
    marks_of,
    read_setting,
    settings_file,
)
from sdxl_tui.core.toml import read_toml

FLAG, ENVIRONMENT, FILE, DEFAULT = "flag", "environment", "file", "default"
OTHERS = Group("others")


@dataclass(frozen=True)
class Spec:
    """A setting."""

    name: str
    group: Group
    kind: Kind
    default: Any
    effect: Effect
    meaning: str
    """Sentences, in one paragraph."""

    @property
    def variable(self) -> str:
        """The environment variable that holds it, where one does."""
        return PREFIX + self.name.upper()


@dataclass(frozen=True)
class Standing:
    """A setting, and what it is now."""

    spec: Spec
    value: Any
    """What a lab that starts now, with the same flags, takes."""
    source: str
    """FLAG, ENVIRONMENT, FILE or DEFAULT."""
    written: Any = None
    """What settings.toml says; None: nothing."""
    problem: str = ""
    """What is wrong with what settings.toml says."""

    @property
    def is_overridden(self) -> bool:
        """Whether a flag or the environment holds it, whatever settings.toml says."""
        return self.source in (FLAG, ENVIRONMENT)

    def holder(self) -> str:
        """Where the value comes from, as a user finds it."""
        return {
            FLAG: COMMAND_LINE,
            ENVIRONMENT: self.spec.variable,
            FILE: str(paths.shown(settings_file())),
            DEFAULT: "the default",
        }[self.source]


@cache
def setting_specs() -> Mapping[str, Spec]:
    """All settings by their names, those of a group together."""
    meanings = _meanings()
    found = []
    for field in fields(Settings):
        _, marks = marks_of(field.name)
        group = next((mark for mark in marks if isinstance(mark, Group)), OTHERS)
        effect = next((mark for mark in marks if isinstance(mark, Effect)), NEXT_START)
        meaning = meanings.get(field.name, "")
        found.append(Spec(field.name, group, kinds()[field.name], field.default, effect, meaning))
    groups = list(dict.fromkeys(spec.group for spec in found if spec.group != OTHERS))
    order = {group: place for place, group in enumerate([*groups, OTHERS])}
    return {spec.name: spec for spec in sorted(found, key=lambda spec: order[spec.group])}


def standings(
    flags: Mapping[str, Any] | None = None, environ: Mapping[str, str] | None = None
) -> tuple[list[Standing], str]:
    """Return where each setting stands, and the sentence on why settings.toml cannot be read (empty: it can).

    A bad value, which would keep a lab from starting, is told at its setting, and counts for nothing here.
    """
    written, problem = _written()
    in_environment = from_environment(environ)
    found = []
    for spec in setting_specs().values():
        own: Any = None
        wrong = ""
        if spec.name in written:
            try:
                own = read_setting(spec.name, written[spec.name], settings_file().name)
            except UserError as error:
                wrong = str(error)
        value, source = (spec.default, DEFAULT) if own is None else (own, FILE)
        if spec.name in in_environment:
            value, source = spec.kind.read(spec.name, in_environment[spec.name], spec.variable), ENVIRONMENT
        if (given := (flags or {}).get(spec.name)) is not None:
            value, source = spec.kind.read(spec.name, given, COMMAND_LINE), FLAG
        found.append(Standing(spec, value, source, own, wrong))
    unknown = sorted(set(written) - {*setting_specs(), KEYS_TABLE})
    if unknown and not problem:
        problem = f"'{unknown[0]}' in {settings_file().name} is no setting: take that line out."
    return found, problem


def shown_value(value: Any) -> str:
    """A value as it is typed: ``~/pictures``, ``100,000``; empty for an empty text."""
    if isinstance(value, Path):
        return paths.shown(value)
    return f"{value:,}" if isinstance(value, int) else str(value)


def _written() -> tuple[dict[str, Any], str]:
    file = settings_file()
    if not file.is_file():
        return {}, ""
    try:
        return read_toml(file), ""
    except UserError as error:
        return {}, str(error)


def _meanings() -> dict[str, str]:
    """The texts below the fields; Python itself drops them."""
    try:
        (body,) = ast.parse(inspect.getsource(Settings)).body
    except (OSError, SyntaxError, ValueError):
        return {}
    found = {}
    statements = body.body if isinstance(body, ast.ClassDef) else []
    for field, text in itertools.pairwise(statements):
        if (
            isinstance(field, ast.AnnAssign)
            and isinstance(field.target, ast.Name)
            and isinstance(text, ast.Expr)
            and isinstance(text.value, ast.Constant)
        ):
            found[field.target.id] = re.sub(r"\s+", " ", str(text.value.value)).strip().replace("``", "")
    return found
