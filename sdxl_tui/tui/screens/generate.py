"""The home screen: the form left, the picture right."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.events import DescendantFocus, Resize
from textual.widget import Widget

from sdxl_tui.core import variants
from sdxl_tui.core.hires import DEFAULT_FACTOR
from sdxl_tui.core.modes import IMG2IMG
from sdxl_tui.core.styles import NONE
from sdxl_tui.engine import Event, Img2ImgReady, JobDone, ModelFailed, ModelLoaded, ModelLoadStopped, PictureSaved
from sdxl_tui.tui import hires_fields, wording
from sdxl_tui.tui.desk import Desk
from sdxl_tui.tui.draft import Draft
from sdxl_tui.tui.keys_in_force import said
from sdxl_tui.tui.mode_fields import PATHS
from sdxl_tui.tui.notes import OK, WARNING
from sdxl_tui.tui.queue_shown import queue_shown
from sdxl_tui.tui.reuse import Reuse
from sdxl_tui.tui.screens.base import letter
from sdxl_tui.tui.screens.opening import Typed
from sdxl_tui.tui.screens.picture_actions import picture_bindings
from sdxl_tui.tui.screens.remembering import RememberingScreen
from sdxl_tui.tui.widgets.choice_field import ChoiceField
from sdxl_tui.tui.widgets.enter_bar import EnterBar
from sdxl_tui.tui.widgets.field import Field
from sdxl_tui.tui.widgets.footer import KeyHint
from sdxl_tui.tui.widgets.more_question import MoreQuestion
from sdxl_tui.tui.widgets.path_input import PathInput
from sdxl_tui.tui.widgets.picker import Picker
from sdxl_tui.tui.widgets.prompt_area import PromptArea
from sdxl_tui.tui.widgets.prompt_card import PromptCard

_letter = partial(letter, screen="generate")


class GenerateScreen(RememberingScreen):
    """Type, enter, look; enter on this screen always makes a picture."""

    CSS_PATH: ClassVar[Any] = ["../home.tcss", "../generate.tcss", "../sources.tcss", "../looks.tcss"]
    TAB = "generate"
    HELP = "The form at the left says what is made, the picture at the right is what was made."
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "enter", "generate", "generate", id="generate.generate", tooltip="Make pictures with what the form says"
        ),
        Binding("escape", "leave", "look", id="generate.look", tooltip="One step towards the picture"),
        _letter("p", "visit('prompt-area')", "prompt", "Type the prompt", "prompt"),
        _letter("n", "visit('negative-area')", "negative", "Type what to keep out", "negative"),
        _letter("t", "pick('style')", "style", "Choose the style"),
        _letter("l", "pick('scheduler')", "scheduler", "Choose the scheduler"),
        _letter("m", "pick('model')", "model", "Choose the model"),
        _letter("L", "pick('loras')", "LoRA", "Choose LoRAs, and how much of each"),
        _letter("s", "pick('size')", "size", "Choose or type the size of the pictures"),
        _letter("e", "visit('steps')", "steps", "Set the number of steps"),
        _letter("g", "visit('guidance')", "guidance", "Set the guidance (CFG)"),
        _letter("a", "visit('batch')", "batch", "Set how many pictures one job makes"),
        _letter("d", "visit('seed')", "seed", "Set the seed; emptied, it is drawn"),
        _letter("j", "pick('mode')", "mode", "Choose what a picture is made from: words, a picture, a part of one"),
        _letter("h", "set_strength", "strength", "Set how far the init image is left behind", "strength"),
        _letter(
            "H",
            "larger",
            "larger",
            "In the form: make pictures larger by a second pass, or not; on a picture: that one",
        ),
        _letter(
            "T", "switch('threaded')", "threaded batch", "Make each picture of a batch on a thread of its own, or not"
        ),
        _letter("C", "switch('vram_check')", "memory check", "Compare jobs with the card's free memory, or not"),
        _letter("i", "start_from", "img2img", "Start from the picture in view; again: back to text"),
        Binding("ctrl+o", "files", "choose a file", id="generate.files", tooltip="Find the init image, or the mask"),
        Binding("f4", "preload_img2img", "preload img2img", id="generate.preload", tooltip="Ready image to image"),
        Binding("f5", "pick('speed')", "speed", id="generate.speed", tooltip="Fast, exact or eager"),
        Binding("f8", "toggle_previews", "previews", id="generate.previews", tooltip="Show what is being made, or not"),
        _letter("q", "draw_mask", "draw mask", "Draw over the init image what is to be repainted"),
        Binding(
            "slash,alt+slash,ctrl+r",
            "pick('prompt')",
            "find prompt",
            id="generate.find",
            tooltip="Find an earlier prompt by its words",
        ),
        _letter("r", "repeat_until_stopped", "repeat", "Make the picture in view, or the form's, until stopped"),
        _letter("v", "more", "more like it", "Queue more like the picture in view, with other seeds"),
        *(binding for binding in picture_bindings("generate") if getattr(binding, "action", "") != "enlarge"),
        _letter("x", "app.stop_job", "stop", "Stop the running job"),
    ]

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._state, self._shelf, self.draft = desk.state, desk.shelf, desk.draft
        self._model_is_chosen = False
        self._typed: Typed | None = None
        self._told_styles = 0
        """Style files that the notices say were skipped."""

    def begin_with(self, typed: Typed) -> None:
        """Go on with what was typed before this screen was there; to be called before it is shown."""
        self._typed, self.draft.prompt = typed, typed.text

    def body(self) -> Iterable[Widget]:
        """Two columns, three in a wide window."""
        yield Horizontal(self.form, self.pane, self.rail, id="desk")

    def on_mount(self) -> None:
        """Begin with the hands in the prompt."""
        if self._typed is not None:
            self.form.prompt.area.text = self._typed.text
            self.form.prompt.area.selection = self._typed.selection
        self.show_left()
        self.say_skipped_styles()
        self.form.prompt.area.focus()
        self.show()
        self.recall()

    @property
    def focus_chain(self) -> list[Widget]:
        """The picture comes right after the prompt: tab looks, shift+tab types."""
        chain = super().focus_chain
        look: list[Widget] = [widget for widget in chain if widget is self.pane.focus_bar]
        rest = [widget for widget in chain if widget not in look]
        return [*rest[:1], *look, *rest[1:]]

    def choose_model(self, model_id: str, *, by_user: bool = True) -> None:
        """Make with this model from now on; its defaults come with it."""
        if by_user or not self._model_is_chosen:
            self._model_is_chosen |= by_user
            self.draft.model = self._shelf.models[model_id]
            self.desk.notes.clear("start")
            self.show()

    def set_value(self, field: str, value: str) -> None:
        """Make with this value from now on."""
        if field == "model":
            self.choose_model(value)
        elif field == "style":
            self.choose_style(value)
        elif field in PATHS:
            self.take_file(field, value)
        elif field == "prompt":
            self.draft.prompt = value
            self.form.write()
        else:
            self.draft.edit(field, value)

    def take(self, field: str, value: str) -> None:
        """Take the user's value of a setting."""
        self.desk.notes.clear("form")
        self.set_value(field, value)
        self.show()

    def choose_style(self, style_id: str) -> None:
        """Make with this style from now on."""
        self.draft.style = self._shelf.style(style_id) or self.draft.style
        self.show()

    def know_models(self) -> None:
        """Offer the models that were added meanwhile."""
        self.form.settings.know_models({model.id: model.name for model in self.desk.shelf.models.values()})

    def know_styles(self) -> None:
        """Offer the styles as they are now, and make with the form's as it says now."""
        draft, shelf = self.draft, self._shelf
        self.form.settings.know_styles({style.id: style.name for style in shelf.styles.values()})
        style = shelf.style(draft.style.id)
        if style is None:
            sentence = f"The style {draft.style.name} is not here any more: the form has none."
            self.desk.notes.put("style", WARNING, sentence)
        draft.style = style or shelf.styles[NONE]
        self.say_skipped_styles()

    def say_skipped_styles(self) -> None:
        """Say which style files cannot be read, and no longer which could not."""
        skipped = self._shelf.skipped_styles
        for number, sentence in enumerate(skipped):
            self.desk.notes.put(f"style file {number}", WARNING, sentence)
        self.desk.notes.clear(*(f"style file {number}" for number in range(len(skipped), self._told_styles)))
        self._told_styles = len(skipped)

    def offer_prompt(self, prompt: str) -> None:
        """Put a prompt where nothing is typed yet."""
        area = self.form.prompt.area
        if not area.text:
            self.draft.prompt = area.text = prompt
            area.move_cursor(area.document.end)

    def show(self) -> None:
        """Show what draft, shelf and state say now; what says the same as before is not painted."""
        self.form.source.drawn_parts = self.drawn_parts()
        self.pane.init_image = self.init_image()
        self.form.show()
        self.look_at_sources()
        self.say_what_is_wrong()
        self.count_tokens()
        self._say_remarks()
        self.say_what_fits()
        self.pane.introduce(self._shelf, self.draft)
        self._show_progress()
        self.show_past()

    def report(self, event: Event) -> None:
        """Show what the engine reports; the state has taken it already."""
        super().report(event)
        notices = self.desk.notes
        if (note := wording.note_of(event)) is not None:
            cause, glyph, text = note
            if not any(text in shown.text for shown in notices.in_order()):
                notices.put(cause, glyph, text)
        if isinstance(event, PictureSaved):
            paintings = self._state.paintings
            self.pane.follow(paintings[-2] if len(paintings) > 1 else None)
        if isinstance(event, (ModelLoaded, ModelFailed, ModelLoadStopped, Img2ImgReady)):
            self.form.source.show()
            self.pane.introduce(self._shelf, self.draft)
            self.count_tokens(again=True)
        self.show_preview(event)
        self.tell_editing(event)
        self._show_progress()
        if isinstance(event, (PictureSaved, JobDone)):
            self.show_past()

    def action_generate(self) -> None:
        """Queue the job that the form describes, or say why it cannot be; its files are read anew before."""
        self.form.read()
        draft = self.draft.as_it_is()
        self.with_sources(draft.source_keys(), partial(self._queue, draft))

    def _queue(self, draft: Draft) -> None:
        if self.desk.editing is not None:
            self.put_back(draft)
        else:
            self.send(lambda: variants.expanded(draft.request()), partial(self.prompts.add, draft.prompt))
        self.show()

    def action_set_strength(self) -> None:
        """Put the hands on the strength, in a mode that has one."""
        if not self.draft.has_picture:
            self.draft.edit("mode", IMG2IMG)
            self.show()
        self.action_visit("strength")

    def action_larger(self) -> None:
        """Make the picture larger that the hands are on; in the form put them on the factor, or switch it off there."""
        if self.focused is self.pane.focus_bar and self.pane.shown is not None:
            self.action_enlarge()
            return
        draft, field = self.draft, self.query_one(f"#{hires_fields.FACTOR}")
        if draft.mode not in hires_fields.MODES:
            self.say("form", WARNING, "Pictures of this mode are made larger when they are there: H on the picture.")
            return
        if draft.text(hires_fields.FACTOR) == hires_fields.OFF:
            self.take(hires_fields.FACTOR, f"{DEFAULT_FACTOR:g}")
        elif self.focused in (field, *self.form.hires.query(Field)):
            self.take(hires_fields.FACTOR, "")
        self.action_visit(hires_fields.FACTOR)

    def action_visit(self, field: str) -> None:
        """Put the hands on a field, also where the window is too small to show it all the time."""
        target = self.query_one(f"#{field}")
        self.form.make_room_for(target)
        target.focus()

    def use(self, reuse: Reuse) -> None:
        """Take the settings of a picture into the form."""
        reuse.put_into(self.draft)
        self._model_is_chosen = True
        self.form.write()
        self.show()

    def say_nothing_runs(self) -> None:
        """Answer who pressed ctrl+c to leave."""
        self.desk.notes.put("job", OK, said("Nothing runs that could be stopped; {app.quit:ctrl+q} quits."))

    @on(PromptArea.Submitted)
    @on(EnterBar.Pressed)
    def generate(self) -> None:
        """Enter in a text, or a click."""
        self.action_generate()

    @on(PromptCard.Changed)
    def take_words(self, event: PromptCard.Changed) -> None:
        """Take the user's words."""
        if event.card is self.form.prompt:
            self.draft.prompt = event.text
        else:
            self.draft.negative_prompt = event.text
        if variants.may_vary(event.text):
            self.run_worker(variants.get_ready, thread=True, exit_on_error=False, group="variants")
        self.desk.notes.clear("form")
        self.show()

    @on(Field.Changed)
    def take_value(self, event: Field.Changed) -> None:
        """A field of the form has another value."""
        self.take(str(event.field.id), event.value)

    @on(DescendantFocus)
    def make_room(self, event: DescendantFocus) -> None:
        """Show the field in hand also where the window is too small for a form."""
        self.form.make_room_for(event.widget)
        self.say_what_is_wrong()

    @on(Resize)
    def fit(self) -> None:
        """Share the room anew."""
        self.call_after_refresh(self._fit)

    def _fit(self) -> None:
        if self.focused is not None:
            self.form.make_room_for(self.focused)
        self.show()

    def _say_remarks(self) -> None:
        notices, draft = self.desk.notes, self.draft
        remarks = draft.remarks()
        if obstacle := self._shelf.obstacle(draft.model):
            remarks.append(obstacle)
        remarks += self.weighty_remarks()
        for number in range(len(remarks), 5):
            notices.clear(f"remark {number}")
        for number, sentence in enumerate(remarks):
            notices.put(f"remark {number}", WARNING, sentence)

    def _show_progress(self) -> None:
        state = self._state
        self.show_enter_bar()
        self.form.queue.show(queue_shown(state))
        self.pane.describe()
        self.show_frame()

    def keys(self) -> list[KeyHint]:
        """The keys of the focus, then what is of use from there."""
        focused = self.focused
        keys = super().keys()
        if focused is self.pane.focus_bar and self.pane.shown is None:
            keys = [("enter", "generate"), ("m", "model"), ("t", "style")]
        elif focused is self.pane.focus_bar and self.pane.shows_a_frame:
            keys.insert(1, ("4", "frames"))
        in_text = isinstance(focused, (PromptArea, PathInput, ChoiceField, Picker, MoreQuestion))
        if self._state.busy:
            keys.insert(3 if in_text else len(keys), ("^c" if in_text else "x", "stop"))
        return keys if in_text else [*keys, ("p", "prompt")]
