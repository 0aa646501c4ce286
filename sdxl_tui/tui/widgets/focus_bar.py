"""The thin bar at the picture's left, lit while the hands are on the picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.widget import Widget

HALF = "▌"


class FocusBar(Widget, can_focus=True):
    """Holds the focus in the picture's place.

    A widget that gets or loses the focus is painted again: for the picture that is 55 kB, for this bar a few hundred.
    """

    HANDS = "look"
    KEYS: ClassVar[tuple[tuple[str, str], ...]] = (
        ("enter", "generate again"),
        ("←→", "picture"),
        ("↑↓", "batch"),
        ("space", "keep"),
        ("z", "zoom"),
        ("i", "img2img"),
        ("H", "larger"),
        ("v", "more"),
        ("r", "repeat"),
        ("k", "hold seed"),
        ("u", "use settings"),
        ("y", "copy path"),
    )
    HELP = "The picture: letters act on it. New pictures show up by themselves while the newest one is shown."
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "walk(-1)", "picture before", id="picture.before", tooltip="Show the picture before this one"),
        Binding("right", "walk(1)", "next picture", id="picture.next", tooltip="Show the next picture"),
        Binding("up", "walk_batch(-1)", "batch before", id="picture.up", tooltip="Show the one before of its batch"),
        Binding("down", "walk_batch(1)", "batch next", id="picture.down", tooltip="Show the next one of its batch"),
        Binding("home", "walk(-1000000)", "first picture", id="picture.first", tooltip="Show the first picture"),
        Binding("end", "walk(1000000)", "newest picture", id="picture.last", tooltip="Show the newest picture"),
    ]

    @dataclass
    class Walked(Message):
        """The user wants the picture that many places away."""

        distance: int
        in_batch: bool = False

    def action_walk(self, distance: int) -> None:
        """Ask for another picture."""
        self.post_message(self.Walked(distance))

    def action_walk_batch(self, distance: int) -> None:
        """Ask for another picture of the same job."""
        self.post_message(self.Walked(distance, in_batch=True))

    def render(self) -> Content:
        """A half block in each row."""
        return Content("\n".join(HALF for _ in range(self.size.height)))
