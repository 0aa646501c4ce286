"""Read TOML with the standard library where it has it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from sdxl_tui.core.errors import UserError


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
