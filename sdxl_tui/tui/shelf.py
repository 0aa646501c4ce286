"""What can be chosen: models and styles as they lie on disk at the start."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sdxl_tui.core.models import DEMO, Model, load_catalogue
from sdxl_tui.core.style_sets import style_of
from sdxl_tui.core.styles import NONE, Style, laid_over, signature, style_folders, styles_in

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
    replaced_styles: frozenset[str] = frozenset()
    """Ids of those in whose place the lab has one too."""
    style_files: tuple[tuple[str, int, int], ...] | None = None
    """What the styles' files were when they were read; None: these styles come from no files."""
    cache_folders: int | None = None
    """Models of any kind in the hub cache; None: there is no such folder, or it is not known yet."""

    def restock(self) -> None:
        """Take up the models that were added to the catalogue; raises UserError when it cannot be read.

        Nothing goes: what is there no more is found absent.
        """
        self.models = self.models | {
            identity: model for identity, model in load_catalogue().items() if identity not in self.models
        }

    def style(self, style_id: str) -> Style | None:
        """The style with this id, or several by ids with ``+`` between them; None: it is not here any more."""
        return self.styles.get(style_id) or style_of(style_id, self.styles)

    def read_styles(self, *, again: bool = False) -> bool:
        """Read the styles where a file of them was added, changed or taken away, or in any case; say whether it did."""
        if not again and self.style_files in (None, signature()):
            return False
        self.style_files = signature()
        (shipped, skipped), (own, own_skipped) = map(styles_in, style_folders())
        self.skipped_styles = [*skipped, *own_skipped]
        styles = laid_over([shipped, own])
        self.styles = {NONE: styles.pop(NONE, Style(NONE, "None / Raw")), **styles}
        names = {style.name.casefold() for style in shipped.values()}
        self.own_styles = frozenset(own)
        self.replaced_styles = frozenset(
            style.id for style in own.values() if style.id in shipped or style.name.casefold() in names
        )
        return True

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
    shelf = Shelf(load_catalogue(), {})
    shelf.read_styles(again=True)
    return shelf
