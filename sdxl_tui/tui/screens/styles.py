"""The styles: what each brings, and what it would make of the form's words."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.events import Resize, ScreenResume
from textual.widget import Widget

from sdxl_tui.core.errors import UserError
from sdxl_tui.core.style_sets import combined
from sdxl_tui.core.styles import NONE, Style
from sdxl_tui.engine import Event
from sdxl_tui.tui import style_wording
from sdxl_tui.tui.desk import Desk
from sdxl_tui.tui.notes import ERROR, OK
from sdxl_tui.tui.screens.base import letter
from sdxl_tui.tui.screens.style_importing import StyleImporting
from sdxl_tui.tui.widgets.details import Details
from sdxl_tui.tui.widgets.details_pane import DetailsPane
from sdxl_tui.tui.widgets.find_line import FindLine
from sdxl_tui.tui.widgets.footer import KeyHint
from sdxl_tui.tui.widgets.lab_list import LabList
from sdxl_tui.tui.widgets.marked_list import MarkedList
from sdxl_tui.tui.widgets.notices import Notices

_letter = partial(letter, screen="styles")

BROWSING = ("walk", "try_it", "find", "edit", "duplicate", "new", "delete", "import", "read_again")
"""What is done with the list only, not while a style is written or a file is read."""


class StylesScreen(StyleImporting):
    """Enter takes the selected style into the form and goes back to it."""

    CSS_PATH: ClassVar[Any] = ["../browse.tcss", "../sources.tcss", "../styles.tcss"]
    TAB = "styles"
    HELP = (
        "All styles; {styles.use:enter} uses one, {list.mark:space} puts several together, {styles.try_it:p} "
        "makes one job and leaves the form as it is."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "use", "use style", id="styles.use", tooltip="Use it, and go back to the form"),
        Binding("escape", "back", "back", id="styles.back", tooltip="One step back: marks, search, then the picture"),
        Binding("up", "walk(-1)", "style above", id="styles.up", tooltip="The style above, also while one searches"),
        Binding("down", "walk(1)", "style below", id="styles.down", tooltip="The style below, also while one searches"),
        _letter("p", "try_it", "try it now", "Queue one job with it; the form stays as it is"),
        _letter("slash", "find", "find style", "Find a style by its words"),
        _letter("e", "edit", "edit style", "Change it; of one of the lab's own a copy that is yours"),
        _letter("d", "duplicate", "duplicate style", "Write a new one that begins as it, or as several together"),
        _letter("n", "new", "new style", "Write a new style"),
        Binding("delete", "delete", "delete style", id="styles.delete", tooltip="Move one of yours to the trash"),
        _letter("o", "import", "import styles", "Take in a styles.csv of A1111, or Fooocus' JSON"),
        _letter("r", "read_again", "read styles again", "Read all files of styles again"),
    ]

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.find_line = FindLine("find a style by any word of it")
        self.skipped = Details(id="skipped")
        self.text = Details(classes="card")
        self.settings = Details(classes="card")
        self.pane = DetailsPane(self.text, self.settings)
        self._marked: list[str] = []
        """Ids of the styles that the selected one comes to, in their order."""

    def body(self) -> Iterable[Widget]:
        """The list, and beside it what the selected one would do, or the editor, or the import."""
        left = Vertical(self.find_line, self.list, self.skipped, id="style-list")
        right = Vertical(self.pane, self.editor, self.importer, id="style-side")
        yield Vertical(Horizontal(left, right, classes="browse"), Notices(self.answers), id="style-desk")

    def on_mount(self) -> None:
        """Begin on the style of the form."""
        self.list.focus()
        self.list.show(style_wording.style_items(self.desk, self.list.size.width))
        self.list.select(self.desk.draft.style.id)

    @property
    def selected(self) -> Style | None:
        """The style that the keys act on; None: nothing was found."""
        return self.desk.shelf.styles.get(self.list.selected)

    @property
    def chosen(self) -> Style | None:
        """The selected style, with those that are marked before it."""
        selected, styles = self.selected, self.desk.shelf.styles
        if selected is None or selected.id == NONE or not self._marked:
            return selected
        ids = self._marked if selected.id in self._marked else [*self._marked, selected.id]
        try:
            return combined([styles[style_id] for style_id in ids])
        except UserError:
            return combined([styles[style_id] for style_id in self._marked])

    def show(self) -> None:
        """Show what the form's words would become."""
        self._marked = [style_id for style_id in self._marked if style_id in self.desk.shelf.styles]
        self.list.show(style_wording.style_items(self.desk, self.list.size.width, self._marked))
        self.skipped.show(style_wording.skipped_rows(self.desk.shelf.skipped_styles))
        found, all_of_them = len(self.list.shown), len(self.desk.shelf.styles)
        self.find_line.count(f"{found} of {all_of_them}" if self.find_line.text else f"{all_of_them} styles")
        style = self.chosen
        self.text.show(style_wording.style_rows(self.desk, style) if style else ())
        self.settings.show(style_wording.setting_rows(self.desk, style) if style else ())
        for card in (self.text, self.settings):
            card.set_class(style is None, "-empty")
        self.call_after_refresh(self.pane.fit)
        if self.is_editing:
            self.show_editor()

    def report(self, event: Event) -> None:
        """Keep the header true."""
        if self.is_current:
            self.show_frame()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Keep the keys of the list out of the editor and the import."""
        if action in BROWSING and (self.is_editing or self.is_importing):
            return False
        return super().check_action(action, parameters)

    def action_use(self) -> None:
        """Take the chosen style into the form, and go there; save, or import, where that is what is done."""
        if self.is_editing:
            self.save()
        elif self.is_importing:
            self.import_wanted()
        elif self.chosen is not None:
            self.rooms.home.choose_style(self.chosen.id)
            self._marked = []
            self._clear_search()
            self.rooms.open("generate")

    def action_try_it(self) -> None:
        """Queue one job with the chosen style; the form stays as it is."""
        style = self.chosen
        if style is None:
            return
        try:
            request = self.desk.draft.with_style(style).request()
        except UserError as error:
            self.say(ERROR, str(error))
            return
        count = "picture" if request.batch_size == 1 else "pictures"
        made = f"One job with {style.name} is queued: {request.batch_size} {count}"
        kept = f"{made}; the form keeps {self.desk.draft.style.name}."
        self.rooms.sender.send([request], lambda jobs: self.say(OK, kept), partial(self.say, ERROR))

    def action_read_again(self) -> None:
        """Read all files of styles again."""
        self.rooms.read_styles(again=True)
        skipped = len(self.desk.shelf.skipped_styles)
        self.say(OK, f"{len(self.desk.shelf.styles)} styles are read{f', {skipped} skipped' if skipped else ''}.")
        self.show()

    def action_find(self) -> None:
        """Put the hands on the search."""
        self.find_line.focus()

    def action_walk(self, distance: int) -> None:
        """Walk through what was found while the hands are on the search."""
        self.list.action_walk(distance)

    def action_back(self) -> None:
        """One step towards the picture."""
        if self.is_editing:
            self.leave_editor()
        elif self.is_importing:
            self.leave_import()
        elif self.find_line.text or self.find_line.has_focus:
            self._clear_search()
        elif self._marked:
            self._marked = []
            self.show()
        else:
            self.rooms.open("generate")

    def back_to_list(self, style_id: str = "") -> None:
        """Put the hands on the list again, and on this style in it."""
        self._marked = [] if style_id else self._marked
        if style_id and style_id not in self.list.shown:
            self._clear_search()
        self.list.focus()
        if style_id:
            self.list.select(style_id)

    def keys(self) -> list[KeyHint]:
        """What the keys do with the selected style."""
        if self.focused is not self.list:
            return super().keys()
        own = self.list.selected in self.desk.shelf.own_styles
        keys = [("enter", "use it"), ("space", "put together"), ("p", "try it"), ("e", "edit"), ("d", "duplicate")]
        keys += [("del", "delete")] if own else []
        return [*keys, ("n", "new"), ("o", "import"), ("/", "find"), ("r", "read again"), ("esc", "generate")]

    @on(ScreenResume)
    def look_at_files(self) -> None:
        """Take in what changed on disk."""
        self.rooms.read_styles()

    @on(FindLine.Changed)
    def find(self, event: FindLine.Changed) -> None:
        """Show what was found."""
        self.list.find(event.text)
        self.show()

    @on(LabList.Selected, "#styles")
    def show_selected(self) -> None:
        """Say all of another style."""
        if not (self.is_editing or self.is_importing):
            self.forget_answer()
        self.show()
        self.show_frame()

    @on(MarkedList.Marked, "#styles")
    def mark(self, event: MarkedList.Marked) -> None:
        """Put the style together with those before it, or take it out again."""
        styles = self.desk.shelf.styles
        if event.key in self._marked:
            self._marked.remove(event.key)
        elif event.key != NONE:
            try:
                combined([styles[style_id] for style_id in (*self._marked, event.key)])
                self._marked.append(event.key)
            except UserError as error:
                self.say(ERROR, str(error))
        self.show()

    @on(LabList.Pressed, "#styles")
    def use_pressed(self) -> None:
        """Act as enter."""
        self.action_use()

    @on(LabList.Pressed, "#import")
    def mark_pressed(self, event: LabList.Pressed) -> None:
        """A second click marks."""
        self.importer.list.action_mark()

    @on(Resize)
    def fit(self) -> None:
        """Say it at the new width."""
        self.call_after_refresh(self.show)

    def _clear_search(self) -> None:
        selected = self.list.selected
        self.find_line.take("")
        self.list.find("")
        self.list.select(selected or NONE)
        self.list.focus()
