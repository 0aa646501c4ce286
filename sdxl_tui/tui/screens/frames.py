"""Sequences of frames: a sheet that fills, a player, exports."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.events import Resize, ScreenResume, ScreenSuspend
from textual.message import Message
from textual.timer import Timer
from textual.widget import Widget

from sdxl_tui.core.errors import UserError
from sdxl_tui.core.index import Index
from sdxl_tui.engine import Event, JobCancelled, JobDone, JobFailed
from sdxl_tui.tui import frames_wording, sequences
from sdxl_tui.tui.desk import Desk
from sdxl_tui.tui.keys_in_force import said
from sdxl_tui.tui.notes import ERROR, OK, WARNING
from sdxl_tui.tui.pictured import Pictured
from sdxl_tui.tui.playback import SPEEDS, WAYS
from sdxl_tui.tui.screens.base import letter
from sdxl_tui.tui.screens.exporting import ExportingScreen
from sdxl_tui.tui.screens.picture_actions import picture_bindings
from sdxl_tui.tui.sequences import FrameSequence
from sdxl_tui.tui.walks import ListWalk, Walk
from sdxl_tui.tui.widgets.browser import Browser
from sdxl_tui.tui.widgets.details import Details
from sdxl_tui.tui.widgets.focus_bar import FocusBar
from sdxl_tui.tui.widgets.footer import KeyHint
from sdxl_tui.tui.widgets.frame_sheet import FrameSheet
from sdxl_tui.tui.widgets.picker import Picker
from sdxl_tui.tui.widgets.picture import Picture
from sdxl_tui.tui.widgets.player import Player
from sdxl_tui.tui.widgets.sentence import Sentence
from sdxl_tui.tui.widgets.timeline import Timeline

PACE = 0.1
"""Seconds between two looks at what the engine reported."""

_letter = partial(letter, screen="frames")


class FramesScreen(ExportingScreen):
    """The sheet of one sequence at the left, the player at the right."""

    CSS_PATH: ClassVar[Any] = ["../gallery.tcss", "../frames.tcss"]
    TAB = "frames"
    HELP = "The frames of a sequence as they come, played as large as the link takes, and exported."
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "play", "play", id="frames.play", tooltip="Play from the chosen frame, or pause"),
        Binding("escape", "back", "back", id="frames.back", tooltip="One step: pause, stop the export, then generate"),
        Binding("minus", "speed(-1)", "slower", id="frames.slower", tooltip="Fewer frames a second"),
        Binding("plus", "speed(1)", "faster", id="frames.faster", tooltip="More frames a second"),
        _letter("l", "change_way", "loop", "Play once, in a loop, or there and back"),
        _letter("e", "export", "export", "Export the sequence as GIF, WebP or MP4"),
        _letter("n", "new_sequence", "new sequence", "Set up another sequence on generate"),
        _letter("slash", "choose_sequence", "sequences", "Choose a sequence from a list"),
        _letter("comma", "walk_sequences(1)", "earlier sequence", "The sequence before this one", "earlier_sequence"),
        _letter("full_stop", "walk_sequences(-1)", "later sequence", "The sequence after this one", "later_sequence"),
        *picture_bindings("frames"),
        _letter("i", "start_from", "use as init", "Start from this frame: image to image"),
        _letter("x", "stop", "stop", "Stop the export, else the running job"),
    ]

    @dataclass
    class Read(Message):
        """The log was read, off the event loop."""

        logged: list[FrameSequence]
        problem: str

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._index = Index(desk.settings.output_dir.absolute())
        self._logged: list[FrameSequence] = []
        self._sequences: list[FrameSequence] = []
        self._chosen = ""
        """Job id of the sequence in view; empty: the newest one, whichever that is."""
        self._problem = ""
        self._timer: Timer | None = None
        self._hands_before: Widget | None = None
        self.card = Details(classes="card", id="sequence")
        self.sheet = FrameSheet(desk.kept, desk.thumbs)
        self.picker = Picker(desk.thumbs)
        self.sentence = Sentence()

    def body(self) -> Iterable[Widget]:
        """Two columns, a list that comes up over the left one, and a place for what is said."""
        yield Horizontal(Vertical(self.card, self.sheet, self.export_rows, id="frames-left"), self.player, id="frames")
        yield self.picker
        yield self.sentence

    def on_mount(self) -> None:
        """Begin with the hands on the player."""
        self.player.bar.focus()

    def left(self) -> dict[str, Any]:
        """How sequences are played and exported, and which one is in view."""
        player = self.player
        return {"speed": player.fps, "way": player.way, "format": self.export_format, "sequence": self._chosen}

    def take_up(self, left: Mapping[str, Any]) -> None:
        """Play, export and show as it was left; a sequence that is gone gives way to the newest."""
        speed, way, kind, chosen = (left.get(name) for name in ("speed", "way", "format", "sequence"))
        self.player.fps = speed if speed in SPEEDS else self.player.fps
        self.player.way = way if way in WAYS else self.player.way
        self.use_format(kind)
        self._chosen = chosen if isinstance(chosen, str) else ""

    @property
    def focus_chain(self) -> list[Widget]:
        """The player and the sheet: tab changes between them."""
        return [self.player.bar, self.sheet] if self.picker.question is None else [self.picker]

    @property
    def sequence(self) -> FrameSequence | None:
        """The one in view."""
        chosen = [sequence for sequence in self._sequences if sequence.job_id == self._chosen]
        return (chosen or self._sequences or [None])[0]  # type: ignore[list-item]

    def in_view(self) -> Pictured | None:
        """The frame in view."""
        sequence = self.sequence
        return sequence.frames[self.player.at] if sequence and self.player.at < len(sequence.frames) else None

    def to_zoom(self, pictured: Pictured) -> Walk:
        """The frames of the sequence."""
        frames = self.frames()
        return ListWalk(frames, frames.index(pictured))

    def frames(self) -> list[Pictured]:
        """Those of the sequence in view."""
        return list(self.sequence.frames) if self.sequence else []

    def select(self, pictured: Pictured) -> None:
        """Show this frame."""
        self.player.go(pictured.index)

    def show(self) -> None:
        """Show the sequences, the marks and the exports as they are now."""
        self._sequences = sequences.together(sequences.of_session(self.desk.state), self._logged)
        sequence = self.sequence
        nothing = frames_wording.no_frame_rows(sequence) if sequence else frames_wording.nothing_rows(self._problem)
        self.player.show(sequence, nothing)
        self._describe()
        self.sheet.refresh()
        self.show_exports()

    def report(self, event: Event) -> None:
        """Look at what was reported, soon; a job that ended is in the log."""
        if not self.is_current:
            return
        if isinstance(event, (JobDone, JobFailed, JobCancelled)):
            self._read()
        if self._timer is None:
            self._timer = self.set_timer(PACE, self._look)

    def keys(self) -> list[KeyHint]:
        """The keys of the focus, and what can be stopped."""
        keys = super().keys()
        if self.running_export is not None or self.desk.state.busy:
            keys.insert(4, ("x", "stop"))
        return keys

    def say(self, cause: str, glyph: str, sentence: str) -> None:
        """Say it over the foot of the sheet too."""
        super().say(cause, glyph, sentence)
        self.sentence.show(glyph, sentence)

    def action_play(self) -> None:
        """Play from the frame in view, or pause."""
        if self.player.playing:
            self.player.pause()
        elif len(self.frames()) < 2:
            self.say("play", OK, "There is nothing to play yet: a sequence has two frames or more.")
        elif getattr(self.app, "images", "half") == "off":
            self.say("play", OK, said("Pictures are off: {app.images:F3} shows them."))
        else:
            self.sentence.hide()
            self.player.play()

    def action_speed(self, steps: int) -> None:
        """Faster or slower."""
        self.player.change_speed(steps)

    def action_change_way(self) -> None:
        """Once, in a loop, there and back."""
        self.player.change_way()

    def action_walk_sequences(self, distance: int) -> None:
        """Show an earlier or a later sequence."""
        if self.sequence is None:
            return
        place = self._sequences.index(self.sequence) + distance
        if 0 <= place < len(self._sequences):
            self._choose(self._sequences[place].job_id)
        else:
            self.say("sequence", OK, f"There is no {'earlier' if distance > 0 else 'later'} sequence.")

    def action_choose_sequence(self) -> None:
        """Open the list of sequences."""
        if self.sequence is not None:
            question = frames_wording.sequence_question(self._sequences, self.sequence.job_id, date.today())
            self.ask(question)

    def action_new_sequence(self) -> None:
        """Go where a sequence is set up."""
        self.rooms.home.start_sequence()

    def action_start_from(self) -> None:
        """Start from the frame in view."""
        pictured = self.in_view()
        if pictured is not None and pictured.path is not None:
            self.rooms.open("generate")
            self.rooms.home.start_from(pictured.path)

    def action_stop(self) -> None:
        """Stop the export, else the running job."""
        if (export := self.running_export) is not None:
            export.stop()
        else:
            self.rooms.stop_job()

    def action_back(self) -> None:
        """One step: what is said, the playing, the export, then this screen."""
        if self.sentence.is_shown:
            self._hush()
        elif self.player.playing:
            self.player.pause()
        elif (export := self.running_export) is not None:
            export.stop()
        else:
            self.rooms.open("generate")

    @on(ScreenResume)
    def follow_the_log(self) -> None:
        """Show what was made meanwhile."""
        self._read()

    @on(ScreenSuspend)
    def pause_out_of_sight(self) -> None:
        """What nobody sees is not sent."""
        self.player.pause()

    @on(Resize)
    def fit(self) -> None:
        """The sheet and the card have other places."""
        self.call_after_refresh(self._describe)

    @on(Read)
    def take(self, event: Read) -> None:
        """Show what the log has."""
        self._logged, self._problem = event.logged, event.problem
        self.show()

    @on(Player.Moved)
    def follow_the_player(self) -> None:
        """Mark the frame on the sheet, and say what it was told."""
        self._hush()
        self._describe()

    @on(FocusBar.Walked)
    def step(self, event: FocusBar.Walked) -> None:
        """One frame on, or back."""
        self.player.go(self.player.at + event.distance)

    @on(Browser.Chosen)
    def show_chosen(self, event: Browser.Chosen) -> None:
        """Show the frame that was chosen on the sheet; a second click sees it whole."""
        if event.opened:
            self.action_zoom()
        else:
            self.player.go(event.at)

    @on(Timeline.Pressed)
    def show_pressed(self, event: Timeline.Pressed) -> None:
        """Show the frame that was clicked on the line."""
        self.player.go(event.at)

    @on(Picture.Unreadable)
    def say_unreadable(self, event: Picture.Unreadable) -> None:
        """Say why there is no frame."""
        self.say("unreadable", ERROR, f"{event.path.name} cannot be shown: it is not there any more, or is damaged.")

    @on(Picker.Taken)
    def take_choice(self, event: Picker.Taken) -> None:
        """Show the sequence, or begin the export."""
        self._close_picker()
        if event.field == frames_wording.SEQUENCE:
            self._choose(event.value)
        else:
            self.export(event.value)

    @on(Picker.Left)
    @on(Picker.Abandoned)
    def close_the_list(self) -> None:
        """Leave all as it was."""
        self._close_picker()

    def _look(self) -> None:
        self._timer = None
        self.show()
        self.show_frame()

    def _describe(self) -> None:
        """The card and the sheet, true to the player."""
        sequence, at = self.sequence, self.player.at
        self.sheet.show_sequence(sequence, at)
        if sequence is None:
            self.card.show([([("sequence", "label")], [])])
            return
        number, count = self._sequences.index(sequence) + 1, len(self._sequences)
        short = self.has_class("-short") or self.has_class("-narrow")
        self.card.show(frames_wording.sequence_rows(sequence, at, number, count, date.today(), short))

    def _choose(self, job_id: str) -> None:
        self._hush()
        newest = self._sequences[0].job_id if self._sequences else ""
        self._chosen = "" if job_id == newest else job_id
        self.show()

    def _hush(self) -> None:
        self.copies_export = False
        self.sentence.hide()

    def ask(self, question: Any) -> None:
        """Open a list of choices over the sheet."""
        self.player.pause()
        self._hush()
        self._hands_before = self.focused
        self.picker.ask(question)

    def _close_picker(self) -> None:
        hands, self._hands_before = self._hands_before, None
        self.picker.go()
        if hands is not None:
            hands.focus()

    def _read(self) -> None:
        self.run_worker(self._read_off_loop, thread=True, exit_on_error=False, group="log")

    def _read_off_loop(self) -> None:
        try:
            self.post_message(self.Read(sequences.of_log(self._index), ""))
        except UserError as error:
            self.post_message(self.Read([], str(error)))
        if self._index.problem:
            self.app.call_later(self.desk.notes.put, "index", WARNING, self._index.problem)
