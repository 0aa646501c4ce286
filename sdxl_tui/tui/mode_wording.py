"""How what only some modes have is put into words: pure functions from draft and state to parts of rows."""

from __future__ import annotations

from pathlib import Path

from sdxl_tui.core import animation, paths
from sdxl_tui.core.hires import smallest_strength
from sdxl_tui.core.masks import Rectangle
from sdxl_tui.core.text import one_line
from sdxl_tui.tui.draft import USER, Draft, shown_size
from sdxl_tui.tui.keys_in_force import key
from sdxl_tui.tui.lab_state import LabState
from sdxl_tui.tui.mask_drawing import Drawing
from sdxl_tui.tui.mode_fields import read_path
from sdxl_tui.tui.widgets.words import Part

Row = tuple[list[Part], list[Part]]
"""Its two ends."""

MOTION_WORDS = {
    animation.LIGHT: "each a little off the first",
    animation.LATENT: "from seed to seed",
    animation.PROMPT: "one seed, a moving prompt",
}
DRAW: list[Part] = [("q", "key"), (" draw on it", "soft")]
BACK: list[Part] = [("i", "key"), (" back to text", "soft")]


def origin_parts(draft: Draft, state: LabState, typing: bool, candidates: int) -> list[Part]:
    """Where the init image comes from: which picture of this session, or the folder, or what is wrong with it.

    ``typing``: the path is in hand, so what is wrong with it is not said aloud.
    """
    path = read_path(draft.text("init_image"))
    if path is None:
        return [("type its path, or ", "muted"), ("^o", "key"), (" finds it", "soft")]
    known = draft.known_init()
    if known is None:
        return [("reading…", "muted")]
    if known.sentence:
        if typing and candidates:
            return [(_candidates(candidates), "muted")]
        return [(one_line(known.sentence), "muted" if typing else "error")]
    for painting in state.paintings:
        if painting.path == path:
            count = painting.job.request.pictures
            return [
                (f"picture {painting.index + 1} of {count}", "value"),
                ("  seed ", "muted"),
                (str(painting.seed), "soft"),
            ]
    return [(f"in {one_line(paths.shown(path.absolute().parent))}", "muted")]


def size_parts(draft: Draft) -> list[Part]:
    """The pixels of the init image, and what size it gives."""
    known = draft.known_init()
    if known is None or known.size is None:
        return []
    pixels, size = shown_size(*known.size), draft.text("size").replace("x", "×")
    if draft.source("size") == USER:
        return [(pixels, "soft"), (", cropped to your ", "muted"), (size, "value")]
    if pixels == size:
        return [(pixels, "soft"), (", the size follows it", "muted")]
    return [(pixels, "soft"), (" gives ", "muted"), (size, "brought")]


def steps_parts(draft: Draft) -> list[Part]:
    """How many steps will run."""
    steps, runs = draft.text("steps"), draft.running_steps()
    if runs is None:
        return []
    if runs < 1:
        return [(f"no step: {smallest_strength(max(1, int(steps))):g} is the least", "error")]
    return [(str(min(runs, int(steps))), "strong"), (f" of {steps} steps will run", "muted")]


def ready_parts(draft: Draft, state: LabState) -> list[Part]:
    """Whether image to image is prepared."""
    if state.img2img_is_ready and state.model == draft.model.id:
        return [("● ", "ok"), ("ready", "muted")]
    return [("□ not loaded yet  ", "muted"), ("F4", "key"), (" preload", "soft")]


def mask_parts(draft: Draft, parts: int, typing: bool, candidates: int) -> list[Part]:
    """What of the picture is repainted; ``parts``: how many rectangles were drawn here."""
    path = read_path(draft.text("mask_image"))
    if path is None:
        return [("type its path, or ", "muted"), ("q", "key"), (" draws it", "soft")]
    known = draft.known_mask()
    if known is None:
        return [("reading…", "muted")] if draft.known_init() is None or not typing else []
    if known.sentence:
        if typing and candidates:
            return [(_candidates(candidates), "muted")]
        return [(one_line(known.sentence), "muted" if typing else "error")]
    drawn = f", {parts} {'part' if parts == 1 else 'parts'} drawn" if parts else ""
    return [(f"{_percent(known.white)} is repainted{drawn}", "muted")]


def motion_parts(draft: Draft) -> list[Part]:
    """What a motion does."""
    return [(MOTION_WORDS[draft.text("motion")], "muted")]


def no_end_seeds(draft: Draft) -> str:
    """What stands where no end seed is given."""
    return "none" if draft.text("end_prompts") else "the next one"


def no_end_prompt(draft: Draft) -> str:
    """What stands in the empty row for a further end prompt."""
    if draft.text("end_prompts"):
        return "+ then to"
    return "to: closer, in motion" if draft.text("motion") == animation.PROMPT else "+ to another prompt"


def drawing_parts(drawing: Drawing, brush: Rectangle, size: tuple[int, int]) -> Row:
    """Below the mask: what is drawn; the brush in pixels."""
    count = len(drawing.rectangles)
    words = [f"{count} {'rectangle' if count == 1 else 'rectangles'}"] if count or drawing.base is None else []
    words += ["over a mask from a file"] if drawing.base is not None else []
    words += ["inverted: all but these is repainted"] if drawing.is_inverted else []
    wide, tall = brush.right - brush.left, brush.bottom - brush.top
    right: list[Part] = [("brush ", "label"), (shown_size(wide, tall), "value")]
    right += [(f" at {brush.left}, {brush.top} ", "muted")]
    return [(" mask  ", "label"), (", ".join(words), "value"), (f"  of {shown_size(*size)}", "muted")], right


def started_sentence(path: Path) -> str:
    """What starting from a picture did."""
    return f"{one_line(path.name)} is the init image; {key('generate.start_from', 'i')} takes it back."


def _candidates(count: int) -> str:
    return f"{count} {'goes' if count == 1 else 'go'} on from here: ↑↓ walks"


def _percent(share: float) -> str:
    return f"{share:.0%}".replace("%", " %") if share >= 0.01 else "less than 1 %"
