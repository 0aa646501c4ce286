"""A picture that is there, made larger: the job that paints it over from its own file, with its own words."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sdxl_tui.core.hires import LANCZOS, checked_size, default_strength
from sdxl_tui.core.modes import IMG2IMG, TXT2IMG
from sdxl_tui.core.pictures import opened
from sdxl_tui.core.repeat import request_of
from sdxl_tui.core.request import GenerationRequest
from sdxl_tui.tui import hires_fields
from sdxl_tui.tui.draft import USER, Draft
from sdxl_tui.tui.hires_wording import enlarging_sentence
from sdxl_tui.tui.pictured import Pictured
from sdxl_tui.tui.shelf import Shelf


def larger_request(pictured: Pictured, draft: Draft, shelf: Shelf) -> tuple[GenerationRequest, str]:
    """Return the job, and the sentence that says what it does; raise UserError when there is none. Reads the file.

    It starts from the picture's pixels, which a picture that is done still has: that is the way of ``lanczos``. Prompt,
    style, model, scheduler and seed are the picture's; what it does not hold is the form's. Factor, strength and steps
    are those that the form has for larger pictures, where the user set them.
    """
    assert pictured.path is not None, "a picture in view with a file"
    with opened(pictured.path) as picture:
        size = picture.size
    wanted = hires_fields.passed(draft.text)
    width, height = checked_size(*size, wanted.factor)
    changes: dict[str, Any] = {
        "mode": IMG2IMG,
        "init_image": pictured.path.absolute(),
        "width": width,
        "height": height,
    }
    has_words = bool(pictured.prompt)
    if has_words:
        changes["init_image"] = str(changes["init_image"])
        request = request_of(_record(pictured, draft, changes), shelf.models, shelf.styles)
    else:
        request = replace(_in_words(draft).request(), **changes, strength=1.0, batch_size=1, hires=None)
    is_set = draft.source(hires_fields.STEPS) == USER
    steps = wanted.steps if is_set or not has_words else request.steps
    is_set = draft.source(hires_fields.STRENGTH) == USER
    strength = wanted.strength if is_set else default_strength(LANCZOS, steps)
    request = replace(request, steps=steps, strength=strength)
    return request, enlarging_sentence(request, size, has_words)


def _in_words(draft: Draft) -> Draft:
    """The form's words and settings, whatever its mode is."""
    draft.edit("mode", TXT2IMG)
    draft.edit(hires_fields.FACTOR, "")
    return draft


def _record(pictured: Pictured, draft: Draft, changes: dict[str, Any]) -> dict[str, Any]:
    """The picture's line of the log as that of the larger one."""
    record = {**pictured.record, **changes, "strength": 1.0, "batch_size": 1, "seed": pictured.seed, "hires": None}
    record["init_image_sha256"] = None
    if not pictured.text("model"):
        record["model"] = draft.model.id
    prompts = pictured.record.get("frame_prompts")
    if isinstance(prompts, list) and pictured.index < len(prompts):
        negative = pictured.text("styled_negative_prompt")
        record |= {"prompt": prompts[pictured.index], "styled_prompt": prompts[pictured.index], "style": ""}
        record |= {"negative_prompt": negative, "styled_negative_prompt": negative}
    return record
