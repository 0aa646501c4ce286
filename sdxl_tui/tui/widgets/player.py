"""The player: one frame large, the line of all frames, and how it plays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, ClassVar, cast

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.events import Resize
from textual.message import Message
from textual.strip import Strip
from textual.timer import Timer

from sdxl_tui.tui import frames_wording
from sdxl_tui.tui.kept import Kept
from sdxl_tui.tui.link import QUICK
from sdxl_tui.tui.playback import LOOP, ONCE, SPEEDS, USUAL_SPEED, WAYS, Allowance, Cells, Playback
from sdxl_tui.tui.reel import DRAWN, Fit, Reel
from sdxl_tui.tui.sequences import FrameSequence
from sdxl_tui.tui.widgets.first_run import FirstRun
from sdxl_tui.tui.widgets.focus_bar import FocusBar
from sdxl_tui.tui.widgets.frame_view import FrameView
from sdxl_tui.tui.widgets.line import Line
from sdxl_tui.tui.widgets.timeline import Timeline
from sdxl_tui.tui.widgets.words import Part

if TYPE_CHECKING:
    from sdxl_tui.tui.app import LabApp

AHEAD = DRAWN // 2
"""Frames drawn before they are due."""
REST = 0.25
"""Seconds between two whole frames while a key is held."""
SHORTEST = 0.005

FitKey = tuple[str, Cells, int]
"""A sequence, the place of its frames and the speed."""


class PlayerBar(FocusBar):
    """Holds the focus in the player's place."""

    HANDS = "player"
    KEYS = (
        ("space", "play"),
        ("←→", "step"),
        ("-+", "speed"),
        ("l", "loop"),
        ("e", "export"),
        (", .", "sequence"),
        ("n", "new"),
        ("tab", "sheet"),
        ("z", "zoom"),
    )
    HELP = "The player: as large as its place while paused, as small as the link asks while it plays."
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "screen.play", "play or pause", id="player.play", tooltip="Play from here, or pause"),
        Binding("left", "walk(-1)", "frame before", id="player.before", tooltip="One frame back"),
        Binding("right", "walk(1)", "next frame", id="player.next", tooltip="One frame on"),
        Binding("home", "walk(-1000000)", "first frame", id="player.first", tooltip="The first frame"),
        Binding("end", "walk(1000000)", "last frame", id="player.last", tooltip="The last frame"),
    ]


class Player(Vertical):
    """Follows the clock and drops what it has no time or no room for: frames are never queued."""

    @dataclass
    class Moved(Message):
        """Another frame is in view, or it plays no more."""

        at: int

    @dataclass
    class Fitted(Message):
        """It is known how large the frames can be while they play."""

        key: FitKey
        fit: Fit | None

    def __init__(self, kept: Kept) -> None:
        super().__init__(id="player")
        self.clock: Callable[[], float] = monotonic
        self.at = 0
        """The frame in view, from 0."""
        self.fps = USUAL_SPEED
        self.way = LOOP
        self._kept = kept
        self._sequence: FrameSequence | None = None
        self._frames: tuple[Path, ...] = ()
        self._line = Allowance(QUICK)
        self._reel = Reel(self._bytes_of)
        self._playback: Playback | None = None
        self._wants_to_play = False
        self._fit: Fit | None = None
        self._fit_key: FitKey | None = None
        self._tick_timer: Timer | None = None
        self._show_timer: Timer | None = None
        self._shown_at = 0.0
        self.bar = PlayerBar()
        self.title = Line(id="player-title")
        self.view = FrameView(id="player-view")
        self.instead = FirstRun()
        self.timeline = Timeline()
        self.status = Line(id="player-status")

    def use_link(self) -> None:
        """Play for what the link to the terminal takes now; what plays goes on in other cells."""
        budget = cast("LabApp", self.app).link.budget
        if budget != self._line.rate:
            self._line, self._fit_key = Allowance(budget), None
            self._play_anew()

    def compose(self) -> ComposeResult:
        """The bar at the left, then from the title down."""
        yield self.bar
        yield self.title
        yield self.view
        yield self.instead
        yield self.timeline
        yield self.status

    def on_mount(self) -> None:
        """Nothing is chosen yet; without the eyes on the terminal nothing plays."""
        self.view.display = False
        self.watch(self.app, "app_focus", self._heed_focus, init=False)
        cast("LabApp", self.app).link.watch(self.use_link)
        self.use_link()

    @property
    def playing(self) -> bool:
        """Whether it plays, or will as soon as it is known how."""
        return self._playback is not None or self._wants_to_play

    def show(self, sequence: FrameSequence | None, nothing: Sequence[Sequence[Part]]) -> None:
        """Show this sequence from now on; without a frame of it say ``nothing``.

        The last frame follows the newest one while it is paused there; a sequence that plays goes on with more frames.
        """
        before, self._sequence = self._sequence, sequence
        frames = tuple(frame.path for frame in sequence.frames if frame.path) if sequence else ()
        is_another = sequence is None or before is None or before.job_id != sequence.job_id
        was_last = self.at >= len(self._frames) - 1
        has_more, self._frames = frames != self._frames, frames
        if is_another:
            self._stop()
            self.at = 0 if sequence is None or sequence.state == "ended" else max(0, len(frames) - 1)
        elif has_more and self._playback is not None:
            self._start()
        elif has_more and was_last:
            self.at = max(0, len(frames) - 1)
        self.at = max(0, min(self.at, len(frames) - 1))
        if self.view.display != bool(frames):
            self.view.display, self.instead.display = bool(frames), not frames
        if not frames:
            self.instead.show(nothing)
            self.view.path = None
        elif not self.playing and (is_another or has_more):
            self._show_frame()
        self.describe()
        if is_another or self._fit is None:
            self._fit_soon()

    def describe(self) -> None:
        """Say what is in view and how it plays."""
        sequence = self._sequence
        if sequence is None or not self._frames:
            self.title.show([("player", "label")])
            self.timeline.show(0, 0, sequence.planned if sequence else 0, ())
            self.status.show([])
            return
        kept = self._frames[self.at] in self._kept
        self.title.show(*frames_wording.title_parts(sequence, self.at, kept, self.playing, self.title.size.width))
        stations = frames_wording.station_labels(sequence)
        self.timeline.show(self.at, len(self._frames), sequence.planned, stations)
        fit = self._fit if self._fit_key == self._key else None
        width, budget = self.status.size.width, round(self._line.rate)
        self.status.show(*frames_wording.player_parts(self.playing, self.fps, self.way, fit, budget, width))

    def play(self) -> None:
        """Play from the frame in view, as soon as it is known how large."""
        if len(self._frames) > 1 and not self.playing:
            self._wants_to_play = True
            self._fit_soon()
            self.describe()

    def pause(self) -> None:
        """Stay with the frame in view, and show it as large as its place."""
        if self.playing:
            self._stop()
            self._show_frame()
            self.describe()
            self.post_message(self.Moved(self.at))

    def go(self, at: int) -> None:
        """Show this frame, paused; while a key is held those walked over are not drawn."""
        self._stop()
        self.at = max(0, min(at, len(self._frames) - 1))
        if self._show_timer is None and self._frames:
            wait = self._shown_at + REST - self.clock()
            if wait <= 0:
                self._show_frame()
            else:
                self._show_timer = self.set_timer(wait, self._show_frame)
        self.describe()
        self.post_message(self.Moved(self.at))

    def change_speed(self, steps: int) -> None:
        """Faster or slower."""
        place = max(0, min(SPEEDS.index(self.fps) + steps, len(SPEEDS) - 1))
        self.fps = SPEEDS[place]
        self._play_anew()

    def change_way(self) -> None:
        """Once, in a loop, there and back."""
        self.way = WAYS[(WAYS.index(self.way) + 1) % len(WAYS)]
        self._play_anew()

    def tick(self) -> None:
        """Show the frame that is due, if it is drawn and the link is free; come again when the next one is."""
        playback, fit = self._playback, self._fit
        if playback is None or fit is None:
            return
        now = self.clock()
        due = playback.due(now)
        if due is None:
            self.at = len(self._frames) - 1
            self.pause()
            return
        drawn = self._reel.get(self._frames[due], fit.cells)
        if due != self.at and drawn is not None and self._line.is_free(now) and not self._terminal_is_behind():
            self._line.send(drawn.bytes, now)
            self.at = due
            self.view.move(drawn.strips)
            self.timeline.move(due)
        self._reel.want([self._frames[at] for at in playback.ahead(now, AHEAD)], fit.cells)
        self._tick_timer = self.set_timer(max(SHORTEST, playback.next_at(now) - now), self.tick)

    @on(Fitted)
    def use_fit(self, event: Fitted) -> None:
        """Play, if that is what was waited for."""
        event.stop()
        if event.key != self._key:
            return
        self._fit, self._fit_key = event.fit, event.key
        if self._wants_to_play and event.fit is not None:
            self._start()
        self._wants_to_play = False
        self.describe()

    @on(Resize)
    def fit_anew(self) -> None:
        """The frames have another place."""
        self.call_after_refresh(self._play_anew)

    @property
    def _key(self) -> FitKey | None:
        if self._sequence is None or not self._frames or not self.view.size.area:
            return None
        return (self._sequence.job_id, (self.view.size.width, self.view.size.height), self.fps)

    def _play_anew(self) -> None:
        was_playing = self.playing
        self._stop()
        self._wants_to_play = was_playing
        self._fit_soon()
        self.describe()

    def _fit_soon(self) -> None:
        """Find out how large the frames can be, unless it is known; then play if that is wanted."""
        key = self._key
        if key is None or len(self._frames) < 2:
            return
        if key == self._fit_key and self._fit is not None:
            if self._wants_to_play:
                self._wants_to_play = False
                self._start()
            return
        work = partial(self._fit_off_loop, key, self._frames, self._line.rate / self.fps)
        self.run_worker(work, thread=True, exit_on_error=False, group="fit")

    def _fit_off_loop(self, key: FitKey, frames: Sequence[Path], most: float) -> None:
        self.post_message(self.Fitted(key, self._reel.fit(frames, key[1], most)))

    def _start(self) -> None:
        if self._tick_timer is not None:
            self._tick_timer.stop()
        self._playback = Playback(len(self._frames), self.at, self.fps, self.way, self.clock())
        if self.way == ONCE and self.at >= len(self._frames) - 1:
            self.at = -1
        self.tick()
        self.at = max(0, self.at)

    def _stop(self) -> None:
        self._playback, self._wants_to_play = None, False
        self._reel.rest()
        for timer in (self._tick_timer, self._show_timer):
            if timer is not None:
                timer.stop()
        self._tick_timer = self._show_timer = None

    def _show_frame(self) -> None:
        self._show_timer, self._shown_at = None, self.clock()
        if self._frames:
            self.view.show(self._frames[self.at])

    def _heed_focus(self, has_focus: bool) -> None:
        if not has_focus:
            self.pause()

    def _terminal_is_behind(self) -> bool:
        """Whether the terminal has not taken yet what was painted before."""
        painter = cast("LabApp", self.app).painter
        return painter is not None and painter.is_behind

    def _bytes_of(self, strips: Sequence[Strip]) -> int:
        """What these strips are at most on their way to the terminal, by Rich's own codes; on other threads."""
        return sum(len(strip.render(self.app.console).encode()) for strip in strips)
