"""Asks for the key of an action: the next one that is pressed is taken."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.events import Key

from sdxl_tui.core.errors import UserError
from sdxl_tui.core.key_names import read_key, shown_key
from sdxl_tui.tui.key_conflicts import check_keys, listed, remarks, takers
from sdxl_tui.tui.key_table import KeyRow
from sdxl_tui.tui.keys_in_force import KeysInForce
from sdxl_tui.tui.screens.question import Question
from sdxl_tui.tui.widgets.page import Page, Row
from sdxl_tui.tui.widgets.words import PRESSED


class KeyQuestion(Question):
    """Gives the key by its name, empty: none. One that something else has is taken when it is pressed twice."""

    def __init__(self, row: KeyRow, keys: KeysInForce) -> None:
        super().__init__("", ())
        self._row, self._keys = row, keys
        self._page = Page(self._rows())
        self._named = ""
        """The key whose conflict is on the screen."""

    def compose(self) -> ComposeResult:
        """What is asked, and what is wrong with the key that was pressed."""
        yield self._page

    def on_key(self, event: Key) -> None:
        """Take the key, or say why it is to be pressed again or cannot be taken."""
        event.stop()
        event.prevent_default()
        if event.key == "escape":
            self.dismiss("")
            return
        try:
            key = read_key(event.key)
            check_keys(self._row.id, (key,))
        except UserError as error:
            self._named = ""
            self._page.show(self._rows(str(error)))
            return
        problem = self._problem(key)
        if problem and key != self._named:
            self._named = key
            self._page.show(self._rows(problem, again=shown_key(key)))
        else:
            self.dismiss(key)

    def _problem(self, key: str) -> str:
        sentences = remarks(self._row.id, (key,))
        if others := takers(self._row.id, key, self._keys):
            loses = "loses" if len(others) == 1 else "lose"
            sentences.append(f"{shown_key(key)} is the key of {listed(others)}, which {loses} it there.")
        return " ".join(sentences)

    def _rows(self, problem: str = "", again: str = "") -> list[Row]:
        rows: list[Row] = [[(f"Press the key for {self._row.id}.", "value")]]
        if problem:
            rows += [[], [("▲ ", "busy"), (problem, "value")]]
        if again:
            rows.append([(f"{again} ", PRESSED), ("again takes it all the same", "soft")])
        return [*rows, [], [("esc ", PRESSED), ("leaves it as it is", "soft")]]
