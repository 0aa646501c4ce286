"""Which card the lab runs on where there are several, and how to choose another one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sdxl_tui.core.findings import FINE, RISKY, Finding

VARIABLE = "CUDA_VISIBLE_DEVICES"
ORDER = "CUDA_DEVICE_ORDER"


@dataclass(frozen=True)
class Card:
    """A card as the driver lists it, in the order of the PCI bus."""

    index: int
    name: str
    uuid: str
    """``GPU-`` and hex digits."""

    @property
    def shown(self) -> str:
        """Which one it is, for a reader and for the variable."""
        return f"card {self.index}: {self.name}  {self.uuid}"


def pinned(cards: Sequence[Card], environ: Mapping[str, str]) -> Iterator[Finding]:
    """Yield which card is used. One card and nothing chosen: nothing, for there is nothing to say.

    CUDA counts the fastest card as 0 unless the order of the bus is asked for; with cards of one kind that is the same.
    """
    chosen, by_bus = environ.get(VARIABLE), environ.get(ORDER) == "PCI_BUS_ID"
    alike = by_bus or len({card.name for card in cards}) < 2
    example = cards[-1] if cards else None
    if chosen is None:
        if example is not None and len(cards) > 1:
            which = cards[0].shown if alike else "the fastest card"
            cure = f"`{VARIABLE}={example.index if alike else example.uuid}` uses another one (with docker: -e)"
            yield Finding(FINE, "uses", f"{which}, one of {len(cards)} that are to be seen", cure)
        return
    first, *others = [part.strip() for part in chosen.split(",")]
    if first in ("", "-1", "NoDevFiles"):
        yield Finding(RISKY, "pinned to", f"{VARIABLE}={chosen or '(empty)'}: no card", f"unset {VARIABLE}")
        return
    more = f"; of the {len(others) + 1} that it names the first is used" if others else ""
    if first.isdecimal() and not alike:
        cure = f"`{ORDER}=PCI_BUS_ID` counts as nvidia-smi does; or name the card by its UUID"
        yield Finding(RISKY, "pinned to", f"{VARIABLE}={chosen}, counted from the fastest card{more}", cure)
        return
    card = next((card for card in cards if _is(card, first)), None)
    if card is not None:
        yield Finding(FINE, "pinned to", f"{card.shown}  ({VARIABLE}={chosen}{more})")
    elif first.startswith("MIG-"):
        yield Finding(FINE, "pinned to", f"{VARIABLE}={chosen}, a part of a card{more}")
    else:
        cure = f"there are {', '.join(str(card.index) for card in cards) or 'none'}: name one of them, or its UUID"
        yield Finding(RISKY, "pinned to", f"{VARIABLE}={chosen}, which is no card that is here", cure)


def _is(card: Card, named: str) -> bool:
    """By its number, or by the beginning of its UUID as CUDA allows it."""
    return named == str(card.index) or (named.startswith("GPU-") and card.uuid.startswith(named))
