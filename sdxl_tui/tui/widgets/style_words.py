"""The words a style adds to a prompt."""

from __future__ import annotations

from textual.content import Content

from sdxl_tui.core.styles import PLACEHOLDER
from sdxl_tui.core.text import one_line
from sdxl_tui.tui.widgets.words import Words


class StyleWords(Words):
    """Stands under the user's words, so that what is shown is what is sent.

    A suffix stands behind ``+``. A style that wraps the prompt shows the whole effective text behind ``=``, with the
    user's words upright in it.
    """

    def __init__(self, nothing: str) -> None:
        super().__init__()
        self._nothing = nothing
        """What stands here when nothing is added; empty: the row is not there."""
        self._said = ("", "")

    def on_mount(self) -> None:
        """Take no row while there is nothing to say."""
        self.set_class(not self._nothing, "-empty")

    def show(self, words: str, prompt: str) -> None:
        """Say this from now on: the style's words, and the user's that may stand within them."""
        said = (one_line(words), one_line(prompt) if PLACEHOLDER in words else "")
        if said != self._said:
            self._said = said
            self.set_class(not (words or self._nothing), "-empty")
            self.refresh(layout=True)

    def render(self) -> Content:
        """The words, wrapped or cut as the style sheet says."""
        words, prompt = self._said
        if not words:
            return self.say((self._nothing, "muted"))
        if PLACEHOLDER not in words:
            return self.say((f"+ {words}", "added"))
        before, *rest = words.split(PLACEHOLDER)
        parts = [("= ", "added"), (before, "added")]
        for after in rest:
            parts += [(prompt, "soft"), (after, "added")]
        return self.say(*parts)

    def rows(self, width: int) -> int:
        """Rows it takes when nothing is cut."""
        return len(self.render().wrap(max(1, width))) if self.display else 0
