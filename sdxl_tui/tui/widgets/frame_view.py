"""A frame on its mat: as large as its place while paused, as large as the link takes while playing."""

from __future__ import annotations

from collections.abc import Sequence

from textual.geometry import Region
from textual.strip import Strip

from sdxl_tui.tui.widgets.picture import Picture


class FrameView(Picture):
    """Paused frames are drawn when they are asked for; playing ones come drawn, and paint no more than their cells."""

    def move(self, strips: list[Strip]) -> None:
        """Show a frame that plays."""
        self.path = None
        if self._graphics is not None:
            self._graphics.leave()
        before, self._strips = self._region_of(self._strips), strips
        region = self._region_of(strips)
        if region == before:
            self.refresh(region)
        else:
            self.refresh()

    def _region_of(self, strips: Sequence[Strip]) -> Region:
        """The cells that a frame takes; every row of it is as wide as the first."""
        width, height = self.size
        columns = strips[0].cell_length if strips else 0
        return Region((width - columns) // 2, (height - len(strips)) // 2, columns, len(strips))
