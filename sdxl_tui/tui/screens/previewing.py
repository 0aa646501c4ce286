"""A screen that shows what the running job comes to, and asks for that while it is in front only."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from textual import on
from textual.events import Mount, ScreenResume, ScreenSuspend

from sdxl_tui.engine import Event, JobCancelled, JobDone, JobFailed, Preview
from sdxl_tui.tui import previews
from sdxl_tui.tui.desk import Desk
from sdxl_tui.tui.notes import OK
from sdxl_tui.tui.screens.sourcing import SourcingScreen

if TYPE_CHECKING:
    from sdxl_tui.tui.app import LabApp
    from sdxl_tui.tui.link import Link


class PreviewingScreen(SourcingScreen):
    """Nothing is made, and nothing sent, for a screen that does not show it."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._wants_previews = desk.settings.previews == "on"
        self._is_in_front = False
        self._asked: float | None = None

    def action_toggle_previews(self) -> None:
        """Show what comes while a job runs, or not."""
        self._wants_previews = not self._wants_previews
        self.desk.session["previews"] = "on" if self._wants_previews else "off"
        self.desk.notes.put("previews", OK, f"Previews: {'on' if self._wants_previews else 'off'}.")
        self.ask_for_previews()

    def use_settings(self) -> None:
        """Previews, and how often they may come, are settings."""
        super().use_settings()
        self._wants_previews = self.desk.session.get("previews", self.desk.settings.previews) == "on"
        self.ask_for_previews()

    def ask_for_previews(self) -> None:
        """Let the engine know whether, and how often, anything of a running job is shown here."""
        shows = self._is_in_front and self._wants_previews and getattr(self.app, "images", "half") != "off"
        every = previews.interval(self.desk.settings, self._link.budget) if shows else None
        if hasattr(self.desk, "engine"):
            self._asked = every
            self.desk.wish_previews(self.TAB, every)

    def show_preview(self, event: Event) -> None:
        """Show a preview that the engine reports, and the picture before it again when nothing came of it."""
        if isinstance(event, Preview) and self._asked is not None:
            self.pane.preview(event, previews.size(self.desk.settings, self._link.budget))
        elif isinstance(event, (JobDone, JobFailed, JobCancelled)):
            self.pane.end_preview(event.job_id)

    @on(ScreenResume)
    def begin_to_ask(self) -> None:
        """The picture is in view."""
        self._is_in_front = True
        self.ask_for_previews()

    @on(ScreenSuspend)
    def stop_asking(self) -> None:
        """The picture is out of view."""
        self._is_in_front = False
        self.ask_for_previews()

    @on(Mount)
    def heed_the_link(self) -> None:
        """A thin link gets smaller previews, and fewer."""
        self._link.watch(self.ask_for_previews)

    @property
    def _link(self) -> Link:
        return cast("LabApp", self.app).link
