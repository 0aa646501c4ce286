"""What the letters do wherever a picture is in view."""

from __future__ import annotations

from functools import partial

from rich.cells import cell_len
from textual.binding import BindingType

from sdxl_tui.core.errors import UserError
from sdxl_tui.core.request import GenerationRequest
from sdxl_tui.tui import gallery_wording
from sdxl_tui.tui.draft import Draft
from sdxl_tui.tui.keys_in_force import key, said
from sdxl_tui.tui.notes import ERROR, OK, WARNING
from sdxl_tui.tui.pictured import Pictured
from sdxl_tui.tui.reuse import Reuse
from sdxl_tui.tui.screens.base import LabScreen, letter
from sdxl_tui.tui.screens.sheet import Sheet
from sdxl_tui.tui.walks import Walk
from sdxl_tui.tui.widgets.notices import Notices

GLYPH_CELLS = 4
"""What stands before a notice, and beside it."""


def picture_bindings(screen: str) -> list[BindingType]:
    """The letters of a screen that has a picture in view."""
    rows = (
        ("space", "keep", "keep", "Keep this picture, or no longer"),
        ("z", "zoom", "zoom", "See the picture as large as the screen, and larger"),
        ("c", "compare", "compare", "Mark this picture as A; on another one, compare the two"),
        ("u", "use_settings", "use settings", "Take this picture's settings into the form"),
        ("H", "enlarge", "make it larger", "Paint this picture larger, with its own words"),
        ("k", "hold_seed", "hold seed", "Hold the seed of the picture in view, or draw seeds again"),
        ("y", "copy_path", "copy path", "Copy the picture's path to the clipboard"),
        ("o", "print_path", "print path", "Show the picture's whole path"),
    )
    return [letter(*row, screen=screen) for row in rows]


class PictureActions(LabScreen):
    """Base of the screens with a picture in view. A subclass says which one, and binds ``picture_bindings``."""

    def in_view(self) -> Pictured | None:
        """The picture that the letters act on; one without a path still has its settings."""
        raise NotImplementedError

    def to_zoom(self, pictured: Pictured) -> Walk:
        """The pictures to walk through in full size, in the order of the screen, beginning with this one."""
        raise NotImplementedError

    def select(self, pictured: Pictured) -> None:
        """Bring the picture that was last looked at in full size into view."""
        raise NotImplementedError

    def say(self, cause: str, glyph: str, sentence: str) -> None:
        """Say what an action did."""
        self.desk.notes.put(cause, glyph, sentence)

    def file_in_view(self) -> Pictured | None:
        """The picture in view where its file is there; says so where it is not any more."""
        pictured = self.in_view()
        if pictured is None or pictured.path is None:
            return None
        if pictured.is_gone:
            self.say("gone", WARNING, f"{pictured.path.name} is not there any more.")
            return None
        return pictured

    def action_enlarge(self) -> None:
        """Queue the picture in view as a larger one, by the factor, strength and steps that the form has for that."""
        pictured = self.file_in_view()
        if pictured is None:
            return
        self.rooms.home.form.read()
        work = partial(self._read_enlarging, pictured, self.desk.draft.as_it_is())
        self.app.run_worker(work, thread=True, exit_on_error=False, group="enlarge")

    def action_keep(self) -> None:
        """Keep the picture, or no longer; the mark changes at once."""
        pictured = self.in_view()
        if pictured is None or pictured.path is None:
            return
        self.desk.kept.toggle(pictured.path)
        self.show()
        self.app.run_worker(partial(self._write_mark, pictured), thread=True, exit_on_error=False, group="marks")

    def action_zoom(self) -> None:
        """Show the picture in full size."""
        from sdxl_tui.tui.screens.zoom import ZoomScreen

        pictured = self.file_in_view()
        if pictured is not None:
            self.app.push_screen(ZoomScreen(self.desk, self.to_zoom(pictured), self.select))

    def action_compare(self) -> None:
        """Mark the picture; where another one is marked, compare the two."""
        from sdxl_tui.tui.screens.compare import CompareScreen

        pictured, marked = self.file_in_view(), self.desk.marked
        if pictured is None:
            return
        if marked is None:
            self.desk.marked = pictured
            self.say("compare", OK, "This picture is A; c on another one compares the two.")
        elif marked == pictured:
            self.desk.marked = None
            self.say("compare", OK, "This picture is A no longer.")
        else:
            self.desk.notes.clear("compare")
            self.app.push_screen(CompareScreen(self.desk, marked, pictured))

    def action_use_settings(self) -> None:
        """Take the picture's settings into the form."""
        pictured = self.in_view()
        if pictured is None:
            return
        home = self.rooms.home
        home.form.read()
        reuse = Reuse(pictured, self.desk.shelf)
        differing = reuse.differences(self.desk.draft)
        home.use(reuse)
        glyph = WARNING if reuse.problems else OK
        self.say("used", glyph, gallery_wording.used_sentence(pictured, reuse, differing, elsewhere=self is not home))
        self.show()

    def action_hold_seed(self) -> None:
        """Hold the seed of the picture in view; once more draws seeds again."""
        draft, pictured = self.desk.draft, self.in_view()
        if draft.text("seed") != "random":
            draft.edit("seed", "")
            sentence = "Seeds are drawn again."
        elif pictured is None or pictured.seed is None:
            return
        else:
            draft.edit("seed", str(pictured.seed))
            sentence = f"Seed {pictured.seed} is held; {key('generate.hold_seed', 'k')} draws seeds again."
        if self is not self.rooms.home:
            self.say("seed", OK, sentence)
        self.show()

    def action_copy_path(self) -> None:
        """Send the whole path to the terminal's clipboard."""
        pictured = self.in_view()
        if pictured is not None and pictured.path is not None:
            self.app.copy_to_clipboard(self.desk.path_to_copy(pictured.path))
            printed = f"{{{self.TAB}.print_path:o}} prints it."
            self.say("clipboard", OK, said(f"Path sent to your clipboard; if it does not paste, {printed}"))

    def action_print_path(self) -> None:
        """Show the whole path, to be selected by hand: in one row wherever the window has such a row."""
        pictured = self.in_view()
        if pictured is not None and pictured.path is not None:
            path = self.desk.path_to_copy(pictured.path)
            self.say("path", OK, path)
            room = min((notices.size.width for notices in self.query(Notices)), default=self.size.width)
            if cell_len(path) > room - GLYPH_CELLS:
                self.app.push_screen(Sheet([[(path, "value")]], whole=True))

    def _read_enlarging(self, pictured: Pictured, draft: Draft) -> None:
        """Runs on a thread of its own."""
        from sdxl_tui.tui.enlarging import larger_request

        try:
            request, sentence = larger_request(pictured, draft, self.desk.shelf)
        except UserError as error:
            self.app.call_later(self.say, "larger", ERROR, str(error))
        else:
            self.app.call_later(self._queue_larger, request, sentence)

    def _queue_larger(self, request: GenerationRequest, sentence: str) -> None:
        self.rooms.sender.send(
            [request], lambda jobs: self.say("larger", OK, sentence), partial(self.say, "larger", ERROR)
        )

    def _write_mark(self, pictured: Pictured) -> None:
        if pictured.path is not None and (problem := self.desk.kept.write(pictured.path)):
            self.app.call_later(self.say, "marks", WARNING, problem)
