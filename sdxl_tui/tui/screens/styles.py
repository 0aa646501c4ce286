"""The styles: what each brings, and what it would make of the form's words."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.events import Resize
from textual.widget import Widget

from sdxl_tui.core.errors import UserError
from sdxl_tui.core.styles import NONE, Style
from sdxl_tui.engine import Event
from sdxl_tui.tui import style_wording
from sdxl_tui.tui.desk import Desk
from sdxl_tui.tui.notes import ERROR, OK, Notes
from sdxl_tui.tui.screens.base import LabScreen, letter
from sdxl_tui.tui.widgets.details import Details
from sdxl_tui.tui.widgets.details_pane import DetailsPane
from sdxl_tui.tui.widgets.find_line import FindLine
from sdxl_tui.tui.widgets.footer import KeyHint
from sdxl_tui.tui.widgets.lab_list import LabList
from sdxl_tui.tui.widgets.notices import Notices

_letter = partial(letter, screen="styles")


class StylesScreen(LabScreen):
    """Enter takes the selected style into the form and goes back to it."""

    CSS_PATH: ClassVar[Any] = "../browse.tcss"
    TAB = "styles"
    HELP = "All styles; enter uses one, p makes one job with it and leaves the form as it is."
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "use", "use style", id="styles.enter", tooltip="Use it, and go back to the form"),
        Binding("escape", "back", "back", id="styles.back", tooltip="Clear the search, then back to the picture"),
        Binding("up", "walk(-1)", show=False),
        Binding("down", "walk(1)", show=False),
        _letter("p", "try_it", "try it now", "Queue one job with it; the form stays as it is"),
        _letter("slash", "find", "find style", "Find a style by its words"),
    ]

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._answers = Notes()
        """What the last key did."""
        self.find_line = FindLine("find a style by any word of it")
        self.list = LabList("styles")
        self.skipped = Details(id="skipped")
        self.text = Details(classes="card")
        self.settings = Details(classes="card")
        self.pane = DetailsPane(self.text, self.settings)

    def body(self) -> Iterable[Widget]:
        """The list, and beside it what the selected one would do."""
        left = Vertical(self.find_line, self.list, self.skipped, Notices(self._answers), classes="browse-list")
        yield Horizontal(left, self.pane, classes="browse")

    def on_mount(self) -> None:
        """Begin on the style of the form."""
        self.list.focus()
        self.list.show(style_wording.style_items(self.desk, self.list.size.width))
        self.list.select(self.desk.draft.style.id)
        self.skipped.show(style_wording.skipped_rows(self.desk.shelf.skipped_styles))

    @property
    def selected(self) -> Style | None:
        """The style that the keys act on; None: nothing was found."""
        return self.desk.shelf.styles.get(self.list.selected)

    def show(self) -> None:
        """Show what the form's words would become."""
        self.list.show(style_wording.style_items(self.desk, self.list.size.width))
        found, all_of_them = len(self.list.shown), len(self.desk.shelf.styles)
        self.find_line.count(f"{found} of {all_of_them}" if self.find_line.text else f"{all_of_them} styles")
        style = self.selected
        self.text.show(style_wording.style_rows(self.desk, style) if style else ())
        self.settings.show(style_wording.setting_rows(self.desk, style) if style else ())
        for card in (self.text, self.settings):
            card.set_class(style is None, "-empty")
        self.call_after_refresh(self.pane.fit)

    def report(self, event: Event) -> None:
        """Keep the header true."""
        if self.is_current:
            self.show_frame()

    def action_use(self) -> None:
        """Take the selected style into the form, and go there."""
        if self.selected is not None:
            self.rooms.home.choose_style(self.selected.id)
            self._clear_search()
            self.rooms.open("generate")

    def action_try_it(self) -> None:
        """Queue one job with the selected style; the form stays as it is."""
        if self.selected is None:
            return
        try:
            job = self.desk.submit(self.desk.draft.with_style(self.selected).request())
        except UserError as error:
            self._answers.put("answer", ERROR, str(error))
            return
        count = "picture" if job.request.batch_size == 1 else "pictures"
        made = f"One job with {self.selected.name} is queued: {job.request.batch_size} {count}"
        self._answers.put("answer", OK, f"{made}; the form keeps {self.desk.draft.style.name}.")

    def action_find(self) -> None:
        """Put the hands on the search."""
        self.find_line.focus()

    def action_walk(self, distance: int) -> None:
        """Walk through what was found while the hands are on the search."""
        self.list.action_walk(distance)

    def action_back(self) -> None:
        """One step towards the picture: out of the search, then home."""
        if self.find_line.text or self.find_line.has_focus:
            self._clear_search()
        else:
            self.rooms.open("generate")

    def keys(self) -> list[KeyHint]:
        """What the keys do with the selected style."""
        if self.find_line.has_focus or self.pane.has_focus:
            return super().keys()
        return [("enter", "use it"), ("↑↓", "choose"), ("p", "try it now"), ("/", "find"), ("esc", "generate")]

    @on(FindLine.Changed)
    def find(self, event: FindLine.Changed) -> None:
        """Show what was found."""
        self.list.find(event.text)
        self.show()

    @on(LabList.Selected)
    def show_selected(self) -> None:
        """Say all of another style."""
        self._answers.clear("answer")
        self.show()

    @on(LabList.Pressed)
    def use_pressed(self) -> None:
        """Act as enter."""
        self.action_use()

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
