"""How the lab shows pictures now: by the setting and the terminal in front, which can become another one any time."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from time import monotonic
from typing import TYPE_CHECKING, Any, cast

from textual import work
from textual.events import AppFocus, Key, Resize
from textual.message import Message
from textual.widget import Widget

from sdxl_tui.tui import terminals
from sdxl_tui.tui.keys_in_force import said
from sdxl_tui.tui.kitty_store import KittyStore
from sdxl_tui.tui.notes import OK, WARNING, Notes
from sdxl_tui.tui.terminals import Facts
from sdxl_tui.tui.ways import NAMES, Choice, choose, left_out, open_ways
from sdxl_tui.tui.widgets import cells

if TYPE_CHECKING:
    from textual.app import App
    from textual.screen import Screen

    from sdxl_tui.tui.link import Link
    from sdxl_tui.tui.outlet import Outlet

OLD = 10.0
"""Seconds after which a key press makes the lab look at the terminal again: with tmux's focus-events off, it is the
first it learns of somebody who came back."""
ANSWERS = (0.5, 2.0, 6.0)
"""Seconds after which tmux is asked again about a terminal that came anew: it has not answered tmux yet."""
THIN = "over a thin link"

log = logging.getLogger(__name__)


class Showing:
    """Mix-in before App. The first look is at the environment alone; tmux is asked after the first paint."""

    depth: str
    notes: Notes
    outlet: Outlet
    session: dict[str, str]
    choice: Choice
    """How pictures are shown now, and why."""
    facts: Facts
    """What is known of the terminal."""
    kitty: KittyStore
    link: Link
    repaint_all: Callable[[], None]
    forget_pictures: Callable[[], None]
    _images = "auto"
    """The setting in force."""
    app_focus: bool
    last_key_at: float
    _looked_at = 0.0
    _link_is_thin = False
    """Whether the way to this terminal was found to be slow once: then it stays with cells."""
    _asked_again = 0
    """How often tmux was asked again about the terminals in front."""

    class Looked(Message):
        """The terminal was looked at, off the event loop."""

        def __init__(self, facts: Facts, *, by_hand: bool) -> None:
            super().__init__()
            self.facts = facts
            self.by_hand = by_hand

    @property
    def images(self) -> str:
        """How pictures are shown now, as a value of the setting ``images`` other than ``auto``."""
        return self.choice.shown

    def show_pictures(self, images: str) -> None:
        """Show pictures as a setting says, from the next drawing on."""
        if not hasattr(self, "facts"):
            self.facts = terminals.from_environment()
            self.kitty = KittyStore(self.outlet)
            self.kitty.is_watched = self._is_watched
            self.link.watch(self._mind_the_link)
            self._link_is_thin = self.link.is_thin
        self._images = images
        self._choose()

    def look_again(self, *, by_hand: bool = False) -> None:
        """Find out, off the event loop, which terminal is in front now."""
        self._looked_at = monotonic()
        self._look(by_hand=by_hand)

    @work(thread=True, exclusive=True, group="terminal", exit_on_error=False)
    def _look(self, *, by_hand: bool) -> None:
        cast("App[Any]", self).post_message(self.Looked(terminals.look(), by_hand=by_hand))

    def on_showing_looked(self, event: Looked) -> None:
        """Draw in another way where this terminal asks for it; one that came anew is sent the pictures again."""
        event.stop()
        facts, before = event.facts, self.facts
        if facts.multiplexer == "tmux" and not facts.clients and before.clients:
            return  # Nobody looks: what was there is right until somebody does.
        if facts.keys != before.keys:
            self._asked_again = 0
            self._link_is_thin = self.link.is_thin and not self.link.is_measured
            if before.clients:
                self.link.forget()
        if facts.multiplexer and self._asked_again < len(ANSWERS) and not all(each.version for each in facts.clients):
            cast("App[Any]", self).set_timer(ANSWERS[self._asked_again], self.look_again)
            self._asked_again += 1
        self.facts = facts
        chosen = self.choice
        self._choose(is_gone=bool(before.clients) and not set(facts.keys) & set(before.keys))
        is_due = event.by_hand or (self.choice.way, self.choice.grain) != (chosen.way, chosen.grain)
        if self.choice.way == "kitty":
            is_another = event.by_hand or facts.keys != before.keys
            is_due = self.kitty.lose(only_doubtful=not is_another) or is_due
        if is_due:
            self.draw_anew()
        if event.by_hand:
            self.notes.put("images", OK, f"Shown in {facts.shown}: {NAMES[self.images]}. {self.choice.reason}")

    def on_app_focus(self, event: AppFocus) -> None:
        """Somebody came back, perhaps with another terminal."""
        self.look_again()

    def on_resize(self, event: Resize) -> None:
        """Another size is often another terminal."""
        self.look_again()

    async def on_event(self, event: Any) -> None:
        """A key after a while: somebody is there, who may have come from elsewhere."""
        if isinstance(event, Key) and self.facts.multiplexer and monotonic() - self._looked_at > OLD:
            self.look_again()
        await super().on_event(event)  # type: ignore[misc]

    def _is_watched(self) -> bool:
        """Whether somebody looks, as far as is known: a tmux without focus events tells it by the keys only."""
        if self.facts.multiplexer and not self.facts.has_focus_events:
            return monotonic() - self.last_key_at < OLD
        return self.app_focus

    def action_look_again(self) -> None:
        """Look at the terminal again, and paint everything anew."""
        self.look_again(by_hand=True)
        self.repaint_all()

    def action_change_images(self) -> None:
        """Show pictures in the next way that this terminal can show."""
        ways = open_ways(self._facts_now, self.depth)
        if self.depth == "none" or not self.facts.is_terminal:
            self.notes.put("images", OK, self.choice.reason)
            return
        place = ways.index(self._images) if self._images in ways else -1
        self.show_pictures(ways[(place + 1) % len(ways)])
        self.session["images"] = self._images
        self.notes.put("images", OK, self._told())
        self.draw_anew()

    def action_why_images(self) -> None:
        """Say of each way why pictures are shown in it or not."""
        from sdxl_tui.tui.screens.sheet import Sheet
        from sdxl_tui.tui.why_images import rows

        cast("App[Any]", self).push_screen(Sheet(rows(self._images, self.choice, self._facts_now, self.depth)))

    def why_words(self) -> Sequence[str]:
        """Why words stand in a picture's place, and how to see it."""
        if self._images == "off" and self.depth != "none" and self.facts.is_terminal:
            return [said("Pictures are off: {app.images:F3} shows them.")]
        return [self.choice.reason]

    def put_pictures_away(self) -> None:
        """Leave nothing in the terminal's store."""
        if hasattr(self, "kitty"):
            self.kitty.close()

    def draw_anew(self) -> None:
        """Draw what is on every screen in the way of now."""
        from sdxl_tui.tui.screens.previewing import PreviewingScreen

        self.forget_pictures()
        for screen in self._screens():
            for widget in screen.query(Widget):
                if getattr(widget, "IS_PICTURE", False):
                    getattr(widget, "draw_anew", widget.refresh)()
            if isinstance(screen, PreviewingScreen):
                screen.ask_for_previews()

    def _screens(self) -> list[Screen[Any]]:
        """Those in front and behind, and those that wait to be opened again."""
        stack = list(cast("App[Any]", self).screen_stack)
        rooms = getattr(self, "rooms", None)
        kept = rooms.screens.values() if rooms is not None else ()
        return [*stack, *(screen for screen in kept if screen.is_running and screen not in stack)]

    @property
    def _facts_now(self) -> terminals.Facts:
        """What is known of the terminal, and of the way to it."""
        if not self._link_is_thin:
            return self.facts
        return replace(self.facts, remote=self.facts.remote or THIN, is_thin=True)

    def _choose(self, *, is_gone: bool = False) -> None:
        """``is_gone``: the terminal that had the pictures so far is not there any more."""
        before = getattr(self, "choice", None)
        self.choice = choose(self._images, self._facts_now, self.depth)
        cells.use_grain(self.choice.grain)
        if self.choice.way != "kitty":
            self.kitty.clear(is_gone=is_gone)
        self.kitty.in_tmux = self.facts.multiplexer != ""
        if self.facts.multiplexer == "tmux" and not self._looked_at:
            return  # tmux is asked first.
        if self.choice.is_second_best:
            self.notes.put("images", WARNING, self.choice.reason)
        elif before is not None and before.is_second_best:
            self.notes.clear("images")

    def _mind_the_link(self) -> None:
        """Leave the terminal's own graphics to who asks for them, where the way to it turns out to be slow."""
        if self.link.is_thin and not self._link_is_thin:
            self._link_is_thin = True
            before = self.choice.way
            self._choose()
            if self.choice.way != before:
                self.draw_anew()

    def _told(self) -> str:
        """What F3 says: what pictures are now, and which ways it left out."""
        now = NAMES[self._images]
        if self._images == "auto":
            now = f"{now}: {NAMES[self.images]}"
        missing = [f"{NAMES[way]} ({why})" for way, why in left_out(self._facts_now, self.depth).items()]
        return f"Pictures: {now}." + (f" Not in this terminal: {'; '.join(missing)}." if missing else "")
