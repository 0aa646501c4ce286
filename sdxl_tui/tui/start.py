"""What the form begins with when nobody named a model."""

from __future__ import annotations

from sdxl_tui.core import paths
from sdxl_tui.core.models import DEMO, DEMO_PROMPT
from sdxl_tui.tui.desk import Desk
from sdxl_tui.tui.keys_in_force import key
from sdxl_tui.tui.model_wording import about_seconds
from sdxl_tui.tui.notes import ABSENT, WARNING
from sdxl_tui.tui.screens.generate import GenerateScreen


def begin(desk: Desk, generate: GenerateScreen, last_used: str) -> None:
    """Choose the model of the form as it was left, or the one used last, else the first that is ready.

    Then say what enter will do.

    Where there is none, one enter shall still paint: the demo model and a prompt are set.
    """
    shelf = desk.shelf
    ready = {model.id: model for model in shelf.ready()}
    model = ready.get(last_used) or next(iter(ready.values()), shelf.models[DEMO])
    generate.choose_model(model.id, by_user=False)
    if desk.draft.model is model and last_used in shelf.models and model.id != last_used:
        obstacle = shelf.obstacle(shelf.models[last_used]) or f"{shelf.models[last_used].name} cannot be used."
        desk.notes.put("left model", WARNING, f"{obstacle} The form has {model.name} in its place.")
    if not ready.keys() - {DEMO}:
        generate.offer_prompt(DEMO_PROMPT)
        desk.notes.put("start", ABSENT, f"No SDXL model is ready in {paths.shown(paths.hub_cache_dir())}.")
    elif desk.draft.model is model and not desk.state.model and desk.state.loading is None:
        known = "was used last" if model.id == last_used else "is ready"
        about = about_seconds(desk.state, model.id, " (about {} s)")
        desk.notes.put(
            "start", ABSENT, f"{model.name} {known}: {key('generate.generate', 'enter')} loads it{about} and generates."
        )
