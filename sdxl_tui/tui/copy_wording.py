"""How it is put into words where models lie ready, and what they take there."""

from __future__ import annotations

from sdxl_tui.core.models import Model
from sdxl_tui.core.setting_kinds import AUTO
from sdxl_tui.core.words import shown_size as shown_bytes
from sdxl_tui.tui.desk import Desk
from sdxl_tui.tui.lab_state import LabState
from sdxl_tui.tui.notes import OK, WARNING
from sdxl_tui.tui.widgets.lab_list import Ends
from sdxl_tui.tui.widgets.words import Part
from sdxl_tui.tui.wording import seconds


def where_it_lies(state: LabState, model: Model, size_bytes: int) -> str:
    """Where a model that is not in use lies, and how long it takes to bring it into use where that is known."""
    tier = state.copies.tiers.get(model.id)
    if tier is not None:
        about = _about("switch", state.switch_seconds.get(tier))
        return " · ".join([f"in {tier}", *about])
    if state.copies.reading == model.id:
        return "being read into RAM"
    size = [f"{shown_bytes(size_bytes)} in files"] if size_bytes else []
    return " · ".join([*size, *_about("load", state.load_seconds.get(model.id))])


def loaded_from(state: LabState) -> str:
    """Where the model in use came from, said only when it was not read from its files."""
    return f" from {state.source}" if state.source != "files" else ""


def keeping_row(state: LabState, model: Model, *, compact: bool) -> Ends:
    """Whether a model is kept in host RAM, and the key for it; ``compact``: with what all models take there."""
    is_kept = model.id in (state.kept_warm or ())
    left: list[Part] = [("kept in RAM ", "label"), ("● yes", "ok") if is_kept else ("□ no", "soft")]
    if compact:
        rooms = _rooms(state)
        left += [(f" · {place} {shown_bytes(used)} of {shown_bytes(budget)}", "muted") for place, used, budget in rooms]
    return left, [("o", "key"), (" no longer" if is_kept else " keep", "soft")]


def keeping_answer(desk: Desk, model: Model) -> tuple[str, str]:
    """A glyph and a sentence on a model that was just marked to be kept in host RAM, or no longer."""
    if model.id not in (desk.state.kept_warm or ()):
        return OK, f"{model.name} is no longer kept in RAM."
    setting, on_cpu = desk.settings.keep_ram, desk.state.device.startswith("CPU")
    if setting == AUTO and on_cpu:
        return WARNING, f"{model.name} is marked; on a CPU set keep_ram to GiB in settings.toml to keep models in RAM."
    if setting != AUTO and float(setting) == 0:
        return WARNING, f"{model.name} is marked, but the setting keep_ram is 0: nothing is kept in RAM."
    return OK, f"{model.name} is kept in RAM, every day once the first job has run."


def room_rows(state: LabState) -> list[Ends]:
    """What the models that lie ready take, and what they may take."""
    rows: list[Ends] = []
    for place, used, budget in _rooms(state):
        figures: list[Part] = [(shown_bytes(used), "value"), (" of ", "muted"), (shown_bytes(budget), "value")]
        rows.append(([(f"models in {place} ", "label")], figures))
    return [*rows, ([("the least recently used go first", "muted")], ())] if rows else []


def _rooms(state: LabState) -> list[tuple[str, int, int]]:
    """Where models may lie ready: the place, the bytes that they take and those that they may take."""
    copies = state.copies
    rooms = (("VRAM", copies.vram_used, copies.vram_budget), ("RAM", copies.ram_used, copies.ram_budget))
    return [(place, used, budget) for place, used, budget in rooms if used or budget]


def _about(verb: str, known: float | None) -> list[str]:
    return [] if known is None else [f"{verb} about {seconds(known)} s"]
