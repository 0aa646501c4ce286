"""What goes to the terminal beside cells: words to the terminal itself, data in pieces, pictures laid over cells."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from sdxl_tui.tui.painting.areas import Area


@dataclass
class Parcel:
    """Data in pieces."""

    pieces: Sequence[str]
    then: Callable[[], None]
    closing: str = ""
    """The piece that ends what has begun, should it be dropped."""
    sent: int = 0

    def cut(self) -> None:
        """Send no more than it takes to end what has begun, and tell nobody; what is out whole stays as it is."""
        if self.sent >= len(self.pieces):
            return
        self.pieces = [*self.pieces[: self.sent], self.closing]
        self.then = lambda: None


@dataclass
class Laid:
    """A picture on cells."""

    area: Area
    data: str
    is_due: bool = True
    is_touched: bool = False
    """Whether it is to be sent again, unless it is taken away at once: another screen is coming up over it."""
    rows: set[int] = field(init=False)

    def __post_init__(self) -> None:
        self.rows = set(range(self.area[1], self.area[3]))

    def touches(self, y: int, columns: Sequence[int]) -> bool:
        """Whether any of these cells of a row lies under it."""
        return y in self.rows and any(self.area[0] <= x < self.area[2] for x in columns)


class Extras:
    """Keeps what waits, and says what is next."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self._parcels: OrderedDict[str, Parcel] = OrderedDict()
        self._laid: dict[str, Laid] = {}

    def send(self, name: str, parcel: Parcel) -> None:
        """Take data; what waits under the same name is dropped, what has begun of it is ended."""
        before = self._parcels.get(name)
        if before is not None and before.sent:
            before.cut()
            self._parcels[f"{name}+"] = parcel
        else:
            self._parcels[name] = parcel

    def drop(self, name: str) -> None:
        """Take back what waits under a name."""
        self._parcels.pop(f"{name}+", None)
        parcel = self._parcels.get(name)
        if parcel is not None and parcel.sent:
            parcel.cut()
        elif parcel is not None:
            del self._parcels[name]

    def next_piece(self) -> str | None:
        """Take the next piece of what came first."""
        while self._parcels:
            name, parcel = next(iter(self._parcels.items()))
            if parcel.sent < len(parcel.pieces):
                parcel.sent += 1
                return parcel.pieces[parcel.sent - 1]
            del self._parcels[name]
            after = self._parcels.pop(f"{name}+", None)
            if after is not None:
                self._parcels[name] = after
            parcel.then()
        return None

    def lay(self, name: str, laid: Laid) -> None:
        """Keep a picture on its cells."""
        self._laid[name] = laid

    def lift(self, name: str) -> Area | None:
        """Take a picture away; return its cells."""
        laid = self._laid.pop(name, None)
        return None if laid is None else laid.area

    def touch(self, y: int, columns: Sequence[int]) -> bool:
        """Cells were painted; return whether pictures lie on them that are to be sent again soon."""
        touched = [laid for laid in self._laid.values() if not laid.is_due and laid.touches(y, columns)]
        for laid in touched:
            laid.is_touched = True
        return bool(touched)

    def touch_all(self) -> None:
        """Nothing of what was sent is there any more."""
        for laid in self._laid.values():
            laid.is_due = True

    def doubt_all(self) -> bool:
        """Another layout comes, and may take them away; return whether any lies there."""
        for laid in self._laid.values():
            laid.is_due, laid.is_touched = False, True
        return bool(self._laid)

    def settle(self) -> None:
        """What was touched and still lies there is to be sent now."""
        for laid in self._laid.values():
            laid.is_due, laid.is_touched = laid.is_due or laid.is_touched, False

    def next_laid(self, is_covered: Callable[[Area], bool]) -> str | None:
        """Take the data of a picture whose cells are all painted; ``is_covered`` says that some still are to be."""
        for laid in self._laid.values():
            if laid.is_due and not is_covered(laid.area):
                laid.is_due = False
                left, top = laid.area[:2]
                return f"\x1b7\x1b[{top + 1};{left + 1}H{laid.data}\x1b8"
        return None

    @property
    def waits(self) -> bool:
        """Whether there is anything to be sent when there is room."""
        return bool(self._parcels) or any(laid.is_due or laid.is_touched for laid in self._laid.values())
