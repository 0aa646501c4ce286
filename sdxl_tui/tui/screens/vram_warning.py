"""The memory warning: a job that would not fit, who has the card's memory, and what could be done."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic
from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.events import Resize
from textual.screen import ModalScreen

from sdxl_tui.core.errors import UserError
from sdxl_tui.core.request import GenerationRequest
from sdxl_tui.core.setting_changes import write_setting
from sdxl_tui.core.text import one_line
from sdxl_tui.core.vram import NEARLY, Card, Choice
from sdxl_tui.engine import CardRead, Event
from sdxl_tui.tui import vram_wording, warning_wording
from sdxl_tui.tui.desk import Desk
from sdxl_tui.tui.keys_in_force import key
from sdxl_tui.tui.quiet import QuietFocus
from sdxl_tui.tui.screens.base import letter
from sdxl_tui.tui.widgets.footer import KeyHint, LabFooter
from sdxl_tui.tui.widgets.line import Line
from sdxl_tui.tui.widgets.way_list import WayList
from sdxl_tui.tui.widgets.words import Part

DEAF_SECONDS = 0.5
"""Time after which keys choose: until then they were meant for the prompt, where the hands were."""
MOST_WAYS = 9
"""Ways that have a digit."""
ROOMY_ROWS = 32


class VramWarning(QuietFocus, ModalScreen["Choice | None"]):
    """Gives the way that was chosen, the job as it was asked for, or None: back to the form, nothing is sent."""

    CSS_PATH: ClassVar[Any] = "../vram.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "take_marked", "the marked way", id="vram.take_marked", tooltip="Run it in the marked way"),
        Binding("up,k", "walk(-1)", "way above", id="vram.up", tooltip="Mark the way above"),
        Binding("down,j", "walk(1)", "way below", id="vram.down", tooltip="Mark the way below"),
        *(
            letter(
                str(digit), f"take({digit - 1})", f"way {digit}", f"Take way {digit}", f"take_{digit}", screen="vram"
            )
            for digit in range(1, MOST_WAYS + 1)
        ),
        letter("r", "run_anyway", "run anyway", "Run it as it is", screen="vram"),
        letter("a", "always", "always fit", "Fit such jobs by itself from now on, this one too", screen="vram"),
        Binding("escape", "back", "back", id="vram.back", tooltip="Back to the form; nothing is lost"),
    ]

    def __init__(
        self, desk: Desk, request: GenerationRequest, jobs: int, card: Card, always: Callable[[], object]
    ) -> None:
        """``jobs``: how many such jobs are sent; ``always`` lets them fit by themselves from now on."""
        super().__init__()
        self._desk, self._request, self._jobs, self._card = desk, request, jobs, card
        self._always = always
        self._outlook = desk.precheck.outlook(request, card, desk.settings)
        self._marked: int | None = None
        self._is_marked_by_hand = False
        self._said_wrong = ""
        self._opened = 0.0
        self._title, self._job = Line(id="vram-title"), Line(id="vram-job")
        self._bar, self._others = WayList("vram-bar"), WayList("vram-others")
        self._heading, self._ways, self._remark = Line(), WayList("ways"), Line(id="vram-remark")
        self._keys = Line(id="vram-keys")
        self._footer = LabFooter()

    def compose(self) -> ComposeResult:
        """The warning over the screen, and its keys in the place of that one's."""
        yield Vertical(
            *(self._title, self._job, self._bar, self._others, self._heading, self._ways, self._remark, self._keys),
            id="vram",
        )
        yield self._footer

    def on_mount(self) -> None:
        """Mark the gentlest way that fits."""
        self._opened = monotonic()
        self._mark_best()
        self.call_after_refresh(self.show)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Let no key that was under way when this opened choose anything; esc always goes back."""
        return action == "back" or monotonic() - self._opened >= DEAF_SECONDS

    def report(self, event: Event) -> None:
        """Show the ways anew when the card has changed."""
        if isinstance(event, CardRead):
            before = self._chosen()
            self._card = event.card
            self._outlook = self._desk.precheck.outlook(self._request, event.card, self._desk.settings)
            same = [place for place, way in enumerate(self._choices) if before and _is_same(way, before)]
            if self._is_marked_by_hand and same:
                self._marked = same[0]
            else:
                self._mark_best()
            self.show()

    def show(self) -> None:
        """Say how things stand; what says the same as before is not painted."""
        outlook, request, card, width = self._outlook, self._request, self._card, self._title.size.width
        if not width:
            return
        self._title.show(*warning_wording.title_ends(outlook, width))
        self._job.show([(vram_wording.job_words(request, self._jobs), "soft")])
        self._bar.show(warning_wording.bar_rows(outlook, card, width), None)
        meter = self._desk.state.meter
        most = 3 if self.size.height >= ROOMY_ROWS else 1
        self._others.show(warning_wording.others_rows(meter.others if meter else (), card, width, most), None)
        self._heading.show(warning_wording.heading(width))
        seconds = self._seconds()
        rows = [
            warning_wording.way_row(str(place + 1), way, request, seconds, width, place == self._marked)
            for place, way in enumerate(self._listed)
        ]
        anyway = warning_wording.anyway_row(outlook, width, self._marked == len(rows))
        self._ways.show([*rows, anyway], self._marked)
        self._remark.show(self._remark_parts())
        keys = self._key_hints()
        self._keys.show([part for key, label in keys for part in ((key, "key"), (f" {label}   ", "soft"))])
        is_narrow = self.size.width < 100
        self._footer.show(
            "warning", self._short_hints() if is_narrow else [*keys[:1], *self._digit_hints(), *keys[1:]], ()
        )

    @property
    def _listed(self) -> tuple[Choice, ...]:
        """The ways that have a digit."""
        return self._outlook.ways[:MOST_WAYS]

    @property
    def _choices(self) -> tuple[Choice, ...]:
        """Every row that can be marked: the ways, and the job as it is."""
        return (*self._listed, self._outlook.asked)

    def _chosen(self) -> Choice | None:
        return None if self._marked is None else self._choices[self._marked]

    def _mark_best(self) -> None:
        """Mark the job as it is where it fits, else the gentlest way that does, else none."""
        self._is_marked_by_hand = False
        fitting = [place for place, way in enumerate(self._choices) if not way.over]
        self._marked = len(self._listed) if self._outlook.fits else fitting[0] if fitting else None

    def _seconds(self) -> float | None:
        """What the job takes as it is, as far as that is known."""
        request = self._request
        effort = request.effort(request.denoising_steps)
        return self._desk.state.estimate(request.model.id, request.width, request.height, effort)

    def _remark_parts(self) -> list[Part]:
        """What there is to know of the marked way, or what went wrong."""
        if self._said_wrong:
            return [("× ", "error"), (one_line(self._said_wrong), "value")]
        chosen = self._chosen()
        if chosen is None:
            back = key("vram.back", "esc")
            return [(f"Nothing fits now: wait for the others, {back} and ask for less, or run it anyway.", "soft")]
        back = vram_wording.given_back_words(self._card, self._desk.state.copies) if chosen.plan.lean else ""
        said = f"It gives back {back}." if back else ""
        longer = f"{said} Nearly the same: by rounding.".strip() if chosen.pictures == NEARLY else said
        return [(longer if len(longer) <= self._title.size.width else said, "soft")]

    def _key_hints(self) -> list[KeyHint]:
        chosen = self._chosen()
        first: list[KeyHint] = []
        if chosen is not None:
            is_asked = self._marked == len(self._listed)
            label = "run it as it is" if is_asked else vram_wording.way_words(chosen, self._request)
            first.append(("enter", label))
        rest: list[KeyHint] = [("r", "run anyway"), ("a", "always fit by itself"), ("esc", "back to the form")]
        return [*first, *rest]

    def _short_hints(self) -> list[KeyHint]:
        """All keys in 80 cells."""
        marked: list[KeyHint] = [("enter", "marked one")] if self._marked is not None else []
        return [*marked, ("esc", "back"), ("r", "run anyway"), *self._digit_hints(), ("a", "always fit")]

    def _digit_hints(self) -> list[KeyHint]:
        count = len(self._listed)
        return [("1" if count == 1 else f"1-{count}", "choose")] if count else []

    def action_walk(self, distance: int) -> None:
        """Mark another way."""
        count = len(self._choices)
        self._marked = (0 if distance > 0 else count - 1) if self._marked is None else (self._marked + distance) % count
        self._is_marked_by_hand = True
        self._said_wrong = ""
        self.show()

    def action_take_marked(self) -> None:
        """Run it in the marked way."""
        if (chosen := self._chosen()) is not None:
            self.dismiss(chosen)

    def action_take(self, place: int) -> None:
        """Run it in this way, also one that may fail."""
        if place < len(self._listed):
            self.dismiss(self._listed[place])

    def action_run_anyway(self) -> None:
        """Run it as it is."""
        self.dismiss(self._outlook.asked)

    def action_always(self) -> None:
        """Let such jobs fit by themselves from now on, and this one in the gentlest way that does, if any."""
        try:
            write_setting("vram_fit", "always")
        except UserError as error:
            self._said_wrong = str(error)
            self.show()
            return
        self._always()
        if (best := self._best()) is not None:
            self.dismiss(best)
        else:
            self._said_wrong = "vram_fit = always is set from now on; but nothing makes this job fit."
            self.show()

    def action_back(self) -> None:
        """Send nothing."""
        self.dismiss(None)

    def _best(self) -> Choice | None:
        return self._outlook.asked if self._outlook.fits else self._outlook.best

    @on(WayList.Pressed, "#ways")
    def take_pressed(self, event: WayList.Pressed) -> None:
        """Act as its digit."""
        if event.row < len(self._choices):
            self.dismiss(self._choices[event.row])

    @on(Resize)
    def fit(self) -> None:
        """Say it at the new width."""
        self.call_after_refresh(self.show)


def _is_same(one: Choice, other: Choice) -> bool:
    return (one.plan, one.size) == (other.plan, other.size)
