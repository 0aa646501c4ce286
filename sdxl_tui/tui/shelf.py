"""What can be chosen: models and styles as they lie on disk at the start."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sdxl_tui.core.models import DEMO, Model, load_catalogue
from sdxl_tui.core.styles import NONE, Style, load_styles, style_folders

if TYPE_CHECKING:
    from sdxl_tui.core.check import ModelReport


def _check(model: Model) -> ModelReport:
    from sdxl_tui.core.check import check_model

    return check_model(model)


@dataclass
class Shelf:
    """Models and styles to choose from, and what is known about them."""

    models: dict[str, Model]
    styles: dict[str, Style]
    """Never empty: ``none`` is the first."""
    skipped_styles: list[str] = field(default_factory=list)
    """A sentence for each style file that cannot be read."""
    check: Callable[[Model], ModelReport] = _check
    """Reads folders, so it runs off the event loop."""
    reports: dict[str, ModelReport] = field(default_factory=dict)
    """By model id; a model that is not looked at yet has none."""
    own_styles: frozenset[str] = frozenset()
    """Ids of the styles that are the user's own."""
    cache_folders: int | None = None
    """Models of any kind in the hub cache; None: there is no such folder, or it is not known yet."""

    def restock(self) -> None:
        """Take up the models that were added to the catalogue; raises UserError when it cannot be read.

        Nothing goes: what is there no more is found absent.
        """
        self.models = self.models | {
            identity: model for identity, model in load_catalogue().items() if identity not in self.models
        }

    def ready(self) -> list[Model]:
        """The models that were checked and can be loaded, the demo last."""
        found = [model for model in self.models.values() if self.is_ready(model)]
        return sorted(found, key=lambda model: model.id == DEMO)

    def is_ready(self, model: Model) -> bool:
        """Whether the check is through and found nothing wrong."""
        report = self.reports.get(model.id)
        return report is not None and report.state == "ready"

    def obstacle(self, model: Model) -> str | None:
        """The sentence that says why a model cannot be loaded; None: it can, or it is not known yet."""
        report = self.reports.get(model.id)
        if report is None or report.state == "ready":
            return None
        problem = report.problems[0] if report.problems else f"It is {report.state}."
        return problem if model.name in problem else f"{model.name} is {report.state}: {problem}"


def load_shelf() -> Shelf:
    """Read the catalogue and the styles; raise UserError when ``models.toml`` cannot be read."""
    styles, skipped = load_styles()
    styles = {NONE: styles.pop(NONE, Style(NONE, "None / Raw")), **styles}
    own, _ = load_styles(style_folders()[-1:])
    return Shelf(load_catalogue(), styles, skipped, own_styles=frozenset(own))
