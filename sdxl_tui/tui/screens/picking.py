"""A screen whose settings are chosen in a list over the form."""

from __future__ import annotations

from collections.abc import Callable

from textual import on
from textual.widget import Widget

from sdxl_tui.tui.choices import Question, question
from sdxl_tui.tui.desk import Desk
from sdxl_tui.tui.history import Past, earlier_jobs
from sdxl_tui.tui.screens.base import LabScreen
from sdxl_tui.tui.widgets.form import Form
from sdxl_tui.tui.widgets.picker import Picker


class PickingScreen(LabScreen):
    """Opens the picker, lets the form follow it, and gives the hands back to where they were."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.past = Past()
        self.form = Form(desk.draft, desk.shelf, desk.notes, desk.thumbs, desk.state)
        self._take_back: Callable[[], None] | None = None
        self._hands_before: Widget | None = None

    def set_value(self, field: str, value: str) -> None:
        """Make with this value from now on."""
        raise NotImplementedError

    def action_pick(self, field: str) -> None:
        """Open the list of a setting."""
        if field == "style":
            self.rooms.read_styles()
        earlier = earlier_jobs(self.desk.state.paintings, self.past)
        self.ask(question(field, self.desk.draft, self.desk.shelf, earlier))

    def ask(self, question: Question) -> None:
        """Open a list."""
        hands = self._hands_before or self.focused
        self._settle()
        self._take_back, self._hands_before = self.remember(question.field), hands
        self.form.open_picker(question)

    def remember(self, field: str) -> Callable[[], None]:
        """Return what takes all back that walking through the list of a field changes."""
        return self.desk.draft.remember()

    @on(Picker.Walked)
    def follow_the_picker(self, event: Picker.Walked) -> None:
        """Show in the form what it would be like; words and values of the user's own stay."""
        if self.form.picker.question is not None and self._take_back is not None:
            self._take_back()
            if event.value != self.form.picker.question.chosen:
                self.set_value(event.field, event.value)
            self.show()

    @on(Picker.Taken)
    def take_choice(self, event: Picker.Taken) -> None:
        """Go back to where the hands were, or say why the choice cannot be taken; nothing is lost by that."""
        if self.goes_on(event):
            return
        if event.field == "model" and (obstacle := self.desk.shelf.obstacle(self.desk.shelf.models[event.value])):
            self.form.picker.object_to(obstacle)
        else:
            self._close()

    def goes_on(self, event: Picker.Taken) -> bool:
        """Whether what was taken leads to a further list, and not back to the form."""
        return False

    @on(Picker.Left)
    def leave_as_it_was(self) -> None:
        """Take back what was walked through."""
        if self._take_back is not None:
            self._take_back()
        self._close()
        self.show()

    @on(Picker.Abandoned)
    def settle(self) -> None:
        """The hands are elsewhere: what is shown stays, for it is what would be sent."""
        self._settle()

    def _settle(self) -> None:
        if self.form.picker.question is None:
            return
        if self.desk.shelf.obstacle(self.desk.draft.model) and self._take_back is not None:
            self._take_back()
            self.show()
        self._hands_before = None
        self._close()

    def _close(self) -> None:
        hands, self._hands_before, self._take_back = self._hands_before, None, None
        if hands is not None:
            hands.focus()
        self.form.close_picker()
