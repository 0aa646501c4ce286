"""What values a setting can have, and how one of a file, the environment or a flag is read."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from sdxl_tui.core.errors import UserError
from sdxl_tui.core.host_paths import SYNTAX, read_host_dir

AUTO = "auto"


@dataclass(frozen=True)
class Group:
    """Settings that are about the same thing."""

    name: str


@dataclass(frozen=True)
class Effect:
    """When another value of a setting begins to count."""

    words: str
    at_once: bool = False


AT_ONCE = Effect("at once", at_once=True)
NEXT_START = Effect("from the next start")


class Kind(Protocol):
    """The values of a setting."""

    def read(self, name: str, value: Any, source: str) -> Any:
        """Return the value as the lab uses it; raise UserError that names the setting and where it comes from.

        ``source`` is empty for what was just typed.
        """

    def told(self) -> str:
        """What can be written, in a phrase."""


@dataclass(frozen=True)
class Words:
    """Any text."""

    def read(self, name: str, value: Any, source: str) -> str:
        """Return the text."""
        if not isinstance(value, (str, Path)):
            raise UserError(f"{_place(name, source)} must be a text in quotes, not {value!r}.")
        return str(value)

    def told(self) -> str:
        """What can be written."""
        return "a text"


@dataclass(frozen=True)
class Folder:
    """The path of a folder, which need not be there yet; ``~`` is the home."""

    def read(self, name: str, value: Any, source: str) -> Path:
        """Return the path."""
        text = Words().read(name, value, source)
        if not text.strip() or "\0" in text:
            raise UserError(f"{_place(name, source)} must be the path of a folder, not {text!r}.")
        try:
            return Path(text).expanduser()
        except RuntimeError:
            raise UserError(f"{_place(name, source)} names a user who is not known here: {text}.") from None

    def told(self) -> str:
        """What can be written."""
        return "the path of a folder"


@dataclass(frozen=True)
class HostDir:
    """Which folder of a container is which of its host."""

    def read(self, name: str, value: Any, source: str) -> str:
        """Return the text."""
        text = Words().read(name, value, source)
        try:
            read_host_dir(text, Path.cwd())
        except UserError as error:
            raise UserError(f"In {source}: {error}" if source else str(error)) from error
        return text

    def told(self) -> str:
        """What can be written."""
        return SYNTAX


@dataclass(frozen=True)
class OneOf:
    """One of several words."""

    choices: tuple[str, ...]

    def read(self, name: str, value: Any, source: str) -> str:
        """Return the word."""
        text = Words().read(name, value, source)
        if text not in self.choices:
            raise UserError(f"{_place(name, source)} must be one of {', '.join(self.choices)}, not '{text}'.")
        return text

    def told(self) -> str:
        """What can be written."""
        return ", ".join(self.choices)


@dataclass(frozen=True)
class Whole:
    """A whole number in a range."""

    lowest: int
    highest: int

    def read(self, name: str, value: Any, source: str) -> int:
        """Return the number; ``100_000`` and ``100,000`` are one too."""
        is_number = isinstance(value, int) and not isinstance(value, bool)
        text = str(value).strip().replace("_", "").replace(",", "")
        is_text = isinstance(value, str) and bool(re.fullmatch(r"\d{1,12}", text, re.ASCII))
        if not (is_number or is_text) or not self.lowest <= int(text) <= self.highest:
            wanted = f"must be a whole number from {self.lowest} to {self.highest}"
            raise UserError(f"{_place(name, source)} {wanted}, not '{value}'.")
        return int(text)

    def told(self) -> str:
        """What can be written."""
        return f"{self.lowest:,} to {self.highest:,}"


@dataclass(frozen=True)
class WholeOrAuto:
    """A whole number in a range, or ``auto``."""

    lowest: int
    highest: int

    def read(self, name: str, value: Any, source: str) -> int | str:
        """Return the number, or ``auto``."""
        if str(value).strip().lower() == AUTO:
            return AUTO
        try:
            return Whole(self.lowest, self.highest).read(name, value, source)
        except UserError:
            wanted = f'must be "{AUTO}" or a whole number from {self.lowest} to {self.highest}'
            raise UserError(f"{_place(name, source)} {wanted}, not '{value}'.") from None

    def told(self) -> str:
        """What can be written."""
        return f"{AUTO}, or {self.lowest:,} to {self.highest:,}"


@dataclass(frozen=True)
class Gibibytes:
    """An amount of memory in GiB, as text."""

    may_be_auto: bool = False

    def read(self, name: str, value: Any, source: str) -> str:
        """Return the amount, or ``auto``."""
        text = str(value).strip().lower()
        is_number = isinstance(value, (str, int, float)) and not isinstance(value, bool)
        if text == AUTO and self.may_be_auto:
            return text
        if not is_number or not re.fullmatch(r"\d{1,6}(\.\d{1,6})?", text, re.ASCII):
            may_be_auto = f'"{AUTO}" or ' if self.may_be_auto else ""
            raise UserError(f"{_place(name, source)} must be {may_be_auto}a number of GiB such as 24, not '{value}'.")
        return text

    def told(self) -> str:
        """What can be written."""
        return f"a number of GiB such as 24{f', or {AUTO}' if self.may_be_auto else ''}"


def kind_of(annotation: Any, marks: tuple[Any, ...]) -> Kind:
    """Return the kind that is written at a field, else the one of its type."""
    for mark in marks:
        if hasattr(mark, "read"):
            return mark
    if annotation is Path:
        return Folder()
    return Whole(0, 10**9) if annotation is int else Words()


def _place(name: str, source: str) -> str:
    return f"'{name}' in {source}" if source else f"'{name}'"
