"""Which pictures lie in the terminal's store: none is sent twice, and none stays behind."""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field

from sdxl_tui.core import tmux
from sdxl_tui.tui import kitty
from sdxl_tui.tui.outlet import Outlet

KEPT = 8
"""Pictures beyond those that are shown, for walking back and forth: some megabytes of the terminal's memory."""


@dataclass
class Stored:
    """A picture of the store, or on its way there."""

    id: int
    columns: int
    rows: int
    name: str = ""
    """Under which it is sent."""
    thens: list[Callable[[], None]] = field(default_factory=list)
    """Whom to tell when it is there."""
    is_there: bool = False
    is_doubtful: bool = False
    """Whether it was sent while nobody looked: tmux passes nothing on from a window that is not shown."""
    holders: set[Hashable] = field(default_factory=set)
    """Who shows it."""
    replaced: list[int] = field(default_factory=list)
    """Earlier numbers of it, to be deleted when it is there."""


class KittyStore:
    """To be used on the event loop. Numbers begin anywhere, since other programs number pictures in it, too."""

    def __init__(self, outlet: Outlet) -> None:
        self._outlet = outlet
        self._stored: OrderedDict[Hashable, Stored] = OrderedDict()
        """By the picture and the cells it is made for; the one used last at the end."""
        self._next = int.from_bytes(os.urandom(3), "big")
        self.in_tmux = False
        """Whether tmux is to hand everything on."""
        self.is_watched: Callable[[], bool] = lambda: True
        """Whether the lab is known to be in front."""

    def find(self, key: Hashable) -> Stored | None:
        """Return a picture that is there."""
        stored = self._stored.get(key)
        if stored is None or not stored.is_there:
            return None
        self._stored.move_to_end(key)
        return stored

    def send(self, name: str, key: Hashable, columns: int, rows: int, png: bytes, then: Callable[[], None]) -> None:
        """Put a picture into the store, and call ``then`` when it is there; ``name``: as ``Outlet.send``.

        It gets another number each time: a kitty looks for a picture when its cells are written, not when it comes.
        """
        before = self._stored.get(key)
        stored = Stored(self._new_id(), columns, rows, name, [then])
        if before is not None:
            stored.holders, stored.replaced = before.holders, [before.id, *before.replaced]
            stored.thens = [*before.thens, then]
        self._stored[key] = stored

        def is_there() -> None:
            if self._stored.get(key) is not stored:
                self._delete(stored.id)
                return
            stored.is_there, stored.is_doubtful = True, not self.is_watched()
            self._stored.move_to_end(key)
            thens, stored.thens = stored.thens, []
            for tell in thens:
                tell()
            self._delete(*stored.replaced)
            stored.replaced = []
            self._delete_old()

        pieces = kitty.transmission(stored.id, columns, rows, png)
        self._outlet.send(name, [self._wrapped(piece) for piece in pieces], is_there, self._wrapped(kitty.closing()))

    def hold(self, holder: Hashable, key: Hashable | None) -> None:
        """Note what somebody shows from now on: that is never deleted; None: nothing."""
        for stored in self._stored.values():
            stored.holders.discard(holder)
        if key in self._stored:
            self._stored[key].holders.add(holder)
            self._stored.move_to_end(key)
        self._delete_old()

    def lose(self, *, only_doubtful: bool = False) -> bool:
        """Take it that the terminal has none of them; return whether there were any to lose."""
        lost = [stored for stored in self._stored.values() if stored.is_doubtful or not only_doubtful]
        for stored in lost:
            stored.is_there = stored.is_doubtful = False
        return bool(lost)

    def clear(self, *, is_gone: bool = False) -> None:
        """Delete all of them from the terminal; ``is_gone``: the terminal itself is not there any more."""
        numbers = self._take_all()
        if not is_gone:
            self._delete(*numbers)

    def close(self) -> None:
        """Delete all of them at the end of the lab."""
        for number in self._take_all():
            self._outlet.say_at_the_end(self._wrapped(kitty.deletion(number)))

    def _take_all(self) -> list[int]:
        numbers = [number for stored in self._stored.values() for number in (stored.id, *stored.replaced)]
        for stored in self._stored.values():
            if not stored.is_there:
                self._outlet.drop(stored.name)
        self._stored.clear()
        return numbers

    def _delete_old(self) -> None:
        idle = [key for key, stored in self._stored.items() if not stored.holders]
        for key in idle[: max(0, len(idle) - KEPT)]:
            stored = self._stored.pop(key)
            self._delete(stored.id, *stored.replaced)

    def _delete(self, *numbers: int) -> None:
        """In their turn: the pieces of another picture must not be interrupted."""
        for number in numbers:
            self._outlet.send(f"without {number}", [self._wrapped(kitty.deletion(number))], lambda: None)

    def _new_id(self) -> int:
        taken = {number for stored in self._stored.values() for number in (stored.id, *stored.replaced)}
        while True:
            self._next = self._next % kitty.LAST_ID + 1
            if self._next not in taken:
                return self._next

    def _wrapped(self, sequence: str) -> str:
        return tmux.passed_on(sequence) if self.in_tmux else sequence
