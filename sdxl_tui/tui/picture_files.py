"""Pictures of any program, opened by their paths."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sdxl_tui.core.errors import UserError
from sdxl_tui.core.models import Model
from sdxl_tui.core.text import one_line
from sdxl_tui.tui.keys_in_force import key
from sdxl_tui.tui.pictured import Pictured


@dataclass(frozen=True)
class OpenedPicture:
    """A picture of a file, and what is said about its settings."""

    pictured: Pictured
    sentence: str
    is_whole: bool
    """Whether its settings are taken as they are."""


def read_picture(path: Path, catalogue: Mapping[str, Model]) -> OpenedPicture:
    """Return a picture with the settings in it; raise UserError when there is no picture. Takes its time."""
    from sdxl_tui.core.picture_settings import OURS, settings_of
    from sdxl_tui.core.pictures import opened

    with opened(path):
        pass
    try:
        settings = settings_of(path, catalogue)
    except UserError as error:
        return OpenedPicture(Pictured(path, {}, 0), str(error), is_whole=False)
    index = settings.record.get("image_index")
    pictured = Pictured(
        path,
        settings.record,
        index if isinstance(index, int) and index >= 0 else 0,
        one_line(str(settings.record.get("job_id", ""))),
    )
    made = "Made here" if settings.made_with == OURS else f"Made with {settings.made_with}"
    sentence = " ".join(
        [f"{made}; {key('generate.use_settings', 'u')} takes its settings into the form.", *settings.notes]
    )
    return OpenedPicture(pictured, sentence, is_whole=not settings.notes)
