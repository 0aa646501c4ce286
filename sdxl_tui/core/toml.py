"""Read TOML with the standard library where it has it; change a file of it and keep all the rest as it is."""

from __future__ import annotations

import os
import shutil
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sdxl_tui.core.disk import refused, sync_file, sync_folder
from sdxl_tui.core.errors import UserError

if TYPE_CHECKING:
    from tomlkit import TOMLDocument


def read_toml(path: Path) -> dict[str, Any]:
    """Return the file's table; raise UserError that names the file and the place when it cannot be read."""
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UserError(f"{path.name} is not valid TOML: {error}.") from error
    except OSError as error:
        raise UserError(f"{path.name} cannot be read: {error.strerror or error}.") from error


def read_document(path: Path) -> TOMLDocument:
    """Return the file as it is written, comments and order and all; an empty one where there is none.

    Raises UserError as ``read_toml`` does.
    """
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    if not path.is_file():
        return tomlkit.document()
    read_toml(path)
    try:
        return tomlkit.parse(path.read_text(encoding="utf-8"))
    except TOMLKitError as error:
        raise UserError(f"{path.name} is not valid TOML: {error}.") from error


def write_document(path: Path, document: TOMLDocument, consequence: str) -> None:
    """Write the file whole or not at all; a link stays one, and so do the file's rights.

    Raises UserError that begins with ``consequence``, what did not happen, when the disk refuses.
    """
    import tomlkit

    target = path.resolve()
    scratch = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        scratch.write_bytes(tomlkit.dumps(document).encode("utf-8"))
        if target.exists():
            shutil.copymode(target, scratch)
        sync_file(scratch)
        scratch.replace(target)
        sync_folder(target.parent)
    except OSError as error:
        with suppress(OSError):
            scratch.unlink(missing_ok=True)
        raise refused(consequence, target.parent, error) from error
