"""What is known of the files that a job starts from; they are read off the event loop."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

from sdxl_tui.core.errors import UserError

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class SourceKey:
    """An init image, or with ``mask`` the mask of one."""

    init: Path
    mask: Path | None = None


@dataclass(frozen=True)
class Known:
    """What reading a file told."""

    size: tuple[int, int] | None
    """In pixels, upright; None: it cannot be used."""
    sentence: str = ""
    """Why it cannot."""
    white: float = 0.0
    """Of a mask: the share that is repainted."""


class Sources:
    """The files that were looked at."""

    def __init__(self) -> None:
        self._known: dict[SourceKey, Known] = {}

    def get(self, key: SourceKey | None) -> Known | None:
        """What is known of a file; None while it was not looked at."""
        return None if key is None else self._known.get(key)

    def learn(self, found: dict[SourceKey, Known]) -> None:
        """Keep what was found."""
        self._known.update(found)


def look(keys: list[SourceKey]) -> dict[SourceKey, Known]:
    """Read the files, each init image once. Takes its time."""
    from sdxl_tui.core.source_images import SourceImage, read_init, read_mask

    found: dict[SourceKey, Known] = {}
    inits: dict[Path, SourceImage] = {}
    for key in keys:
        try:
            if key.init not in inits:
                inits[key.init] = read_init(key.init)
            image = inits[key.init].image
            white = 0.0
            if key.mask is not None:
                image = read_mask(key.mask, inits[key.init], key.init).image
                white = image.histogram()[255] / (image.width * image.height)
            found[key] = Known(image.size, white=white)
        except UserError as error:
            found[key] = Known(None, str(error))
        except Exception as error:
            log.warning("%s cannot be read", key.mask or key.init, exc_info=True)
            found[key] = Known(None, f"{(key.mask or key.init).name} cannot be read: {error}.")
    return found
