"""What the letters do wherever a picture is in view."""

from __future__ import annotations

from functools import partial

from textual.binding import BindingType

from sdxl_tui.tui import gallery_wording
from sdxl_tui.tui.notes import OK, WARNING
from sdxl_tui.tui.pictured import Pictured
from sdxl_tui.tui.reuse import Reuse
from sdxl_tui.tui.screens.base import LabScreen, letter


def picture_bindings(screen: str) -> list[BindingType]:
    """The letters of a screen that has a picture in view."""
    rows = (
        ("space", "keep", "keep", "Keep this picture, or no longer"),
        ("z", "zoom", "zoom", "See the picture as large as the screen, and larger"),
        ("u", "use_settings", "use settings", "Take this picture's settings into the form"),
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

    def to_zoom(self) -> list[Pictured]:
        """The pictures to walk through in full size, in the order of the screen."""
        raise NotImplementedError

    def select(self, pictured: Pictured) -> None:
        """Bring the picture that was last looked at in full size into view."""
        raise NotImplementedError

    def say(self, cause: str, glyph: str, sentence: str) -> None:
        """Say what an action did."""
        self.desk.notes.put(cause, glyph, sentence)

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

        pictured = self.in_view()
        if pictured is not None and pictured.path is not None:
            pictures = [other for other in self.to_zoom() if other.path is not None]
            self.app.push_screen(ZoomScreen(self.desk, pictures, pictures.index(pictured), self.select))

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
            sentence = f"Seed {pictured.seed} is held; k draws seeds again."
        if self is not self.rooms.home:
            self.say("seed", OK, sentence)
        self.show()

    def action_copy_path(self) -> None:
        """Send the whole path to the terminal's clipboard."""
        pictured = self.in_view()
        if pictured is not None and pictured.path is not None:
            self.app.copy_to_clipboard(str(pictured.path.absolute()))
            self.say("clipboard", OK, "Path sent to your clipboard; if it does not paste, o prints it.")

    def action_print_path(self) -> None:
        """Show the whole path, to be selected by hand."""
        pictured = self.in_view()
        if pictured is not None and pictured.path is not None:
            self.say("path", OK, str(pictured.path.absolute()))

    def _write_mark(self, pictured: Pictured) -> None:
        if pictured.path is not None and (problem := self.desk.kept.write(pictured.path)):
            self.app.call_later(self.say, "marks", WARNING, problem)
