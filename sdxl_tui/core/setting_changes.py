"""Write a setting to settings.toml, or take it out; everything else in the file stays as it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sdxl_tui.core import paths
from sdxl_tui.core.errors import UserError
from sdxl_tui.core.setting_kinds import AUTO, Gibibytes
from sdxl_tui.core.setting_specs import shown_value
from sdxl_tui.core.settings import kinds, read_setting, settings_file
from sdxl_tui.core.toml import read_document, write_document


def write_setting(name: str, value: Any) -> Any:
    """Write a value as it is typed, and return it as the lab uses it.

    Raises UserError when it is none of the setting's, when the file is damaged, or when it cannot be written.
    """
    read = read_setting(name, value, "")
    if read != stored_value(name):
        document = read_document(settings_file())
        document[name] = _as_toml(name, read)
        write_document(settings_file(), document, _consequence(name))
    return read


def forget_setting(name: str) -> bool:
    """Take a setting out of the file, so that its default counts again; return whether it was there.

    Raises UserError when there is no such setting, or when the file cannot be read or written.
    """
    known = read_document(settings_file())
    if name not in known:
        return False
    del known[name]
    write_document(settings_file(), known, _consequence(name))
    return True


def stored_value(name: str) -> Any:
    """What the file says, as the lab uses it; None where it says nothing, or nothing that can be used."""
    document = read_document(settings_file())
    if name not in document:
        return None
    try:
        return read_setting(name, document.unwrap()[name], settings_file().name)
    except UserError:
        return None


def _as_toml(name: str, value: Any) -> Any:
    if isinstance(value, Path):
        return paths.shown(value)
    if isinstance(kinds()[name], Gibibytes) and value != AUTO:
        return int(value) if value.isdecimal() else float(value)
    return value


def _consequence(name: str) -> str:
    return f"'{name}' is not written to {shown_value(settings_file())}"
