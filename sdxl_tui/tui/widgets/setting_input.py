"""Where the value of a setting is typed."""

from __future__ import annotations

from collections.abc import Sequence

from textual.events import Paste

from sdxl_tui.core.text import one_line
from sdxl_tui.tui.widgets.path_input import PathInput, PathSuggester


class ValueSuggester(PathSuggester):
    """Proposes folders, or words of a list."""

    def __init__(self) -> None:
        super().__init__(suffixes=())
        self.words: tuple[str, ...] | None = None
        """What a value can be; None: it is the path of a folder."""

    async def get_suggestion(self, value: str) -> str | None:
        """The first one that goes on."""
        if self.words is None:
            return await super().get_suggestion(value)
        self.found = [word for word in self.words if word.casefold().startswith(value.casefold())]
        return next((word for word in self.found if value and word != value), None)


class SettingInput(PathInput):
    """A value in one row, completed where that is possible."""

    KEYS = (("enter", "write it"), ("→", "complete"), ("↑↓", "candidates"), ("esc", "as it was"))
    HELP = "The value of the setting: enter writes it to settings.toml, esc leaves it as it was; paths are completed."

    def __init__(self) -> None:
        super().__init__("setting-value", "value", "")
        self.completer = self._words = ValueSuggester()
        self.suggester = self.completer

    def ask(self, value: str, words: Sequence[str] | None, placeholder: str) -> None:
        """Begin with a value; ``words`` are what it can be, None: the path of a folder."""
        self._words.words = None if words is None else tuple(words)
        self.placeholder = placeholder
        self.put(value)
        self.focus()
        if words is not None:
            self.select_all()

    def _on_paste(self, event: Paste) -> None:
        """A path is read as every pasted path is; any other value as it is, in the place of what is selected."""
        if self._words.words is None:
            super()._on_paste(event)
            return
        event.stop()
        event.prevent_default()
        self.replace(one_line(event.text.strip().partition("\n")[0]), *sorted(self.selection))
