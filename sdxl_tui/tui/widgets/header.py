"""The first row: name, model in use, device, what runs."""

from __future__ import annotations

from sdxl_tui.tui.widgets.line import Line


class LabHeader(Line):
    """Name and model at the left, jobs and device at the right."""
