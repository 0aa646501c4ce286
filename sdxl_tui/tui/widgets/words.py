"""Text in the lab's few kinds of words."""

from __future__ import annotations

from textual.content import Content
from textual.dom import DOMNode
from textual.style import Style as VisualStyle
from textual.widget import Widget

from sdxl_tui.tui.keys_in_force import in_force

Part = tuple[str, str]
"""A text, and the kind of words it is."""

KINDS = (
    "accent",  # what is in the user's hand
    "added",  # what a style adds
    "brought",  # a value that a style set
    "busy",  # running, loading, risky
    "chosen",  # the row under the cursor
    "cursor",  # where the next character goes
    "error",  # failed
    "free",  # of the card's bar in the memory warning, as are the next ones in it
    "job",
    "key",  # the name of a key as it is shipped; what is shown is the one in force
    "label",
    "mnemonic",  # the letter of a label that jumps there
    "muted",
    "ok",  # ready, done
    "others",
    "over",
    "pill",
    "soft",  # user text of second rank
    "tabbusy",  # how many wait, on the screen in front
    "tab",  # the screen in front
    "tabkey",
    "strong",  # the word that matters now
    "track",  # the part of a bar that is not reached yet
    "us",
    "value",
    "warning",  # the sentence of a warning
)

PRESSED = "key in force"
"""The kind of a key that is shown as it stands."""
NO_KEY = "^p"
"""What stands for the key of what has none: the palette has it."""


class Words(Widget):
    """Base of the lab's text: every text is a part of a kind, looks are the style sheet's, and nothing is markup.

    A kind is a component class of Textual's, but only of the widgets that have said such words: Textual works out the
    looks of each at every change of focus or size, and for all kinds in all widgets that is most of the time it takes
    to start.
    """

    def say(self, *parts: Part) -> Content:
        """Return the parts as styled content."""
        return Content.assemble(*((text, self.look(kind)) if kind else text for text, kind in map(self.worded, parts)))

    def key_places(self) -> list[DOMNode]:
        """Where the keys work that are named here, in the order of looking."""
        return [self, self.screen, self.app] if self.is_attached else []

    def mnemonic(self, letter: str) -> str:
        """The key that jumps now where the shipped letter of this screen does; empty: none."""
        return in_force().hint(letter, [self.screen]) if self.is_attached else letter

    def worded(self, part: Part) -> Part:
        """A part as it is shown: a key is the one in force."""
        text, kind = part
        return (self.key_in_force(text) if kind == "key" else text), "key" if kind == PRESSED else kind

    def key_in_force(self, text: str) -> str:
        """The key that does now what the shipped one does, in as many cells where that is possible."""
        shipped = text.strip()
        now = in_force().hint(shipped, self.key_places()) or NO_KEY
        if now == shipped:
            return text
        before, _, behind = text.partition(shipped)
        return f"{before}{now}{behind[:1]}".ljust(len(text) if behind else 0)

    def between(self, left: Content, right: Content, *, keep: str = "right") -> Content:
        """Return one row with both ends filled; where they do not fit, the end that is not kept gives way."""
        width = self.size.width
        room = width - right.cell_length - (1 if right.cell_length else 0)
        if keep == "left" and left.cell_length > room:
            return left.truncate(width, ellipsis=True)
        left = left.truncate(max(0, room), ellipsis=True)
        return Content.assemble(left, " " * max(0, width - left.cell_length - right.cell_length), right)

    def _get_component_classes(self) -> frozenset[str]:  # type: ignore[override]
        return super()._get_component_classes() | self._component_styles.keys()

    def look(self, kind: str, *, partial: bool = False) -> VisualStyle:
        """Return the style of a kind of words, reverse too, which Textual leaves out of a component's style.

        ``partial``: without what the widget itself lies on.
        """
        name = f"words--{kind}"
        if name not in self._component_styles:
            self._learn(name)
        style = self.get_visual_style(name, partial=partial)
        reverse = self.get_component_styles(name).text_style.reverse
        return style + VisualStyle(reverse=True) if reverse else style

    def _learn(self, name: str) -> None:
        """Look a kind up in the style sheet, as Textual does for a component class."""
        part = DOMNode(classes=name)
        part._attach(self)
        self.app.stylesheet.apply(part, animate=False)
        self._component_styles[name] = part.styles
