"""Where a file of other styles is named, and which of them are taken is chosen."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical

from sdxl_tui.core.style_sheets import SUFFIXES
from sdxl_tui.tui.widgets.details import Details
from sdxl_tui.tui.widgets.label import CardLabel
from sdxl_tui.tui.widgets.line import Line
from sdxl_tui.tui.widgets.marked_list import MarkedList
from sdxl_tui.tui.widgets.path_input import PathInput


class StyleFile(PathInput):
    """The path of the file."""

    KEYS = (("enter", "read it"), ("→", "complete"), ("↑↓", "candidates"), ("esc", "back"))
    HELP = "The path of a styles.csv, of Fooocus' JSON or of a style's own file: tab and → complete it, enter reads it."


class Candidates(MarkedList):
    """The styles of the file."""

    KEYS = (
        ("enter", "import"),
        ("space", "take or leave"),
        ("a", "all or none"),
        ("r", "taken names"),
        ("esc", "back"),
    )
    HELP = (
        "The styles of the file: {list.mark:space} takes one or leaves it, {import.all:a} all of them, "
        "{import.taken:r} those whose name is taken here."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "screen.mark_all", "all or none", id="import.all", tooltip="Take all, or none"),
        Binding(
            "r", "screen.mark_taken", "taken names", id="import.taken", tooltip="Rename or skip those of a name here"
        ),
    ]


class ImportPane(Vertical):
    """Path, what the file holds, its styles, and the words of the selected one."""

    def __init__(self) -> None:
        super().__init__(id="style-import")
        self.title = Line()
        self.path = StyleFile("style-file", "file", "~/stable-diffusion-webui/styles.csv", SUFFIXES)
        self.summary = Details(id="import-summary", classes="-empty")
        self.list = Candidates("import")
        self.words = Details(id="import-words", classes="card")

    def compose(self) -> ComposeResult:
        """From the path to the words."""
        yield Vertical(self.title, Horizontal(CardLabel("file"), self.path, classes="style-row"), classes="card")
        yield self.summary
        yield self.list
        yield self.words
