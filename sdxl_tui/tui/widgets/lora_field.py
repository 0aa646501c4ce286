"""The row of the form that says which LoRAs are on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.events import Click
from textual.message import Message

from sdxl_tui.tui.widgets.field import Field
from sdxl_tui.tui.widgets.words import Part


class LoraField(Field):
    """Space or a click opens the list; - and + weigh the last one that was chosen, {lora.empty:del} takes all off."""

    KEYS = (("space", "choose"), ("-+", "weight"), ("del", "none"), ("enter", "generate"))
    HELP = (
        "LoRAs: {lora.ask:space} opens their list, - and + weigh the last one that was chosen, "
        "{lora.empty:del} takes all off."
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "ask", "choose LoRAs", id="lora.ask", tooltip="Open the list of LoRAs"),
        Binding("minus,left", "step(-1)", "less", id="lora.less", tooltip="Less of the last one"),
        Binding("plus,right,equals_sign", "step(1)", "more", id="lora.more", tooltip="More of the last one"),
        Binding("delete,backspace", "empty", "no LoRA", id="lora.empty", tooltip="Take all off"),
    ]

    @dataclass
    class Asked(Message):
        """The user wants the list."""

    @dataclass
    class Stepped(Message):
        """The last one that was chosen is to weigh so many steps more; None: none is to be on."""

        steps: int | None

    def __init__(self) -> None:
        super().__init__("loras", "&LoRA")
        self._parts: tuple[Part, ...] = ()

    def show_parts(self, parts: Sequence[Part]) -> None:
        """Show these from now on."""
        if tuple(parts) != self._parts:
            self._parts = tuple(parts)
            self.refresh()

    def value_parts(self, kind: str) -> list[Part]:
        """Those that are on."""
        return list(self._parts)

    def action_ask(self) -> None:
        """Open the list."""
        self.post_message(self.Asked())

    def action_step(self, steps: int) -> None:
        """Weigh the last one."""
        self.post_message(self.Stepped(steps))

    def action_empty(self) -> None:
        """Take all off."""
        self.post_message(self.Stepped(None))

    def on_click(self, event: Click) -> None:
        """Open the list."""
        event.stop()
        self.action_ask()
