"""A line of jobs.log into a request again, and what may differ between a job and its repeat."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from sdxl_tui.core.errors import UserError
from sdxl_tui.core.hires import hires_of
from sdxl_tui.core.lora_hashes import hashes_of
from sdxl_tui.core.lora_tags import read_log
from sdxl_tui.core.loras import LoraLibrary
from sdxl_tui.core.models import Model
from sdxl_tui.core.modes import ANIMATE_STEPS, MODES, TXT2IMG, starts_from_a_picture
from sdxl_tui.core.names import find_one
from sdxl_tui.core.plans import plan_of
from sdxl_tui.core.prompt_syntax import PLAIN
from sdxl_tui.core.request import GenerationRequest, defaults_for
from sdxl_tui.core.schedulers import DEFAULT, SCHEDULERS
from sdxl_tui.core.source_images import sha256_of
from sdxl_tui.core.speeds import EAGER
from sdxl_tui.core.style_sets import style_of
from sdxl_tui.core.styles import NONE, PLACEHOLDER, Style
from sdxl_tui.core.words import named

Record = Mapping[str, Any]

DECIDES = {
    "model_revision": "the model's revision",
    "device": "the device",
    "speed": "the speed",
    "dtype": "the number format",
    "vae_dtype": "the VAE's number format",
    "plan": "the plan of tiles and splits",
    "scheduler": "the scheduler",
    "styled_prompt": "the prompt as sent",
    "styled_negative_prompt": "the negative prompt as sent",
    "prompt_syntax": "the prompt syntax",
    "frame_prompts": "the frames' prompts",
    "init_image_sha256": "the init image",
    "mask_sha256": "the mask",
    "loras": "the set of LoRAs",
}
"""Log keys that pixels depend on beside the request, and what they are called."""
HASHES = {"init_image": "init_image_sha256", "mask_image": "mask_sha256"}


def request_of(
    record: Record,
    models: Mapping[str, Model],
    styles: Mapping[str, Style],
    library: LoraLibrary | None = None,
) -> GenerationRequest:
    """Return the request of a logged job, which makes the same pictures where everything else is the same, too.

    Lines of the old lab are read as far as they go; what a line does not say is the model's default. A style that was
    changed since is taken as it was. Raises UserError when the model is not in the catalogue any more, when a picture
    it starts from or a LoRA of ``library`` is gone or has changed, or when a value is out of its range.
    """
    if not _text(record, "model"):
        raise UserError("The line in jobs.log does not say which model it was: it cannot be repeated.")
    model = models[find_one(_text(record, "model"), {i: row.name for i, row in models.items()}, "model")]
    mode = _text(record, "mode").casefold().replace(" ", "_") or TXT2IMG
    if mode not in MODES:
        raise UserError(f"There is no mode '{named(mode)}' here: a newer lab may have made that job.")
    _check_unchanged(record, mode)
    if library is not None:
        _check_loras(record, library)
    prompt, negative_prompt, style = _words_of(record, styles)
    defaults = defaults_for(model, style)
    if mode == ANIMATE_STEPS:
        record = {**record, "batch_size": 1}
    kinds = _KINDS | {key: _OWN_KINDS[key] for key in MODES[mode].fields}
    try:
        given = {key: kind(record[key]) for key, kind in kinds.items() if record.get(key) is not None}
    except (TypeError, ValueError, OverflowError) as error:
        raise UserError(f"The line in jobs.log is damaged: {error}.") from error
    values: dict[str, Any] = {
        "steps": defaults.steps,
        "guidance_scale": defaults.guidance_scale,
        "width": defaults.width,
        "height": defaults.height,
        # What a line without the key was made with.
        "prompt_syntax": PLAIN,
        "speed": EAGER,
        **given,
    }
    return GenerationRequest(
        model=model,
        prompt=prompt,
        negative_prompt=negative_prompt,
        style=style,
        scheduler=_scheduler(record, defaults.scheduler),
        mode=mode,
        loras=tuple(use for use in read_log(record) if not use.in_prompt),
        **values,
    )


def same_pixels(before: Record, after: Record) -> bool | None:
    """Return whether a repeat gave the very same pictures; None when the logs do not say.

    Of a job that was stopped, only what it had made is compared.
    """
    hashes = [record.get("pixels_sha256") for record in (before, after)]
    pairs = list(zip(*(known if isinstance(known, list) else () for known in hashes), strict=False))
    return all(then == now for then, now in pairs) if pairs else None


def differences(before: Record, after: Record) -> list[str]:
    """Return what may be why a repeat's pixels differ: a sentence for each thing that was another one then."""
    return list(_differences(before, after))


def _differences(before: Record, after: Record) -> Iterator[str]:
    for key, name in DECIDES.items():
        then, now = before.get(key), after.get(key)
        if then != now and then is not None:
            if key == "speed" and then == after.get("speed_choice"):
                yield f"The speed was {_said(then)}, which cannot run here: now it is {_said(now)}."
            elif key.endswith(("sha256", "prompts", "_prompt")) or isinstance(then, (dict, list)):
                yield f"{_sentence(name)} has changed."
            else:
                yield f"{_sentence(name)} was {_said(then)}, now it is {_said(now)}."
    then, now = (_company(record) for record in (before, after))
    if then != now:
        yield f"It ran {then}, now {now}: the sums of a pass come in another order."
    then, now = (record.get("versions") for record in (before, after))
    if isinstance(then, dict) and isinstance(now, dict):
        for library in sorted(set(then) | set(now)):
            if then.get(library) != now.get(library):
                was, is_now = _said(then.get(library)), _said(now.get(library))
                yield f"{named(library)} was {was}, now it is {is_now}."


def _company(record: Record) -> str:
    others = record.get("joined_with")
    count = len(others) if isinstance(others, list) else 0
    return f"in one pass with {count} other job{'s' if count > 1 else ''}" if count else "alone"


def _said(value: Any) -> str:
    return "not there" if value is None else named(value)


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:]


def _text(record: Record, key: str) -> str:
    value = record.get(key)
    return value if isinstance(value, str) else ""


def _words_of(record: Record, styles: Mapping[str, Style]) -> tuple[str, str, Style]:
    """Return prompt, negative prompt and style that give what was sent.

    The style is the one of that name if its words are still what they were, else one made from what was sent. A line
    without what was sent is the old lab's: its style is taken as it is now.
    """
    typed, negative, name = (_text(record, key) for key in ("prompt", "negative_prompt", "style"))
    known = style_of(name, styles)
    plain = Style(NONE, "None / Raw")
    sent, negative_sent = _text(record, "styled_prompt"), _text(record, "styled_negative_prompt")
    if not sent:
        return typed, negative, known or plain
    was = Style(
        known.id if known else NONE, name, prompt=_suffix(typed, sent), negative=_suffix(negative, negative_sent)
    )
    for style in (known, was):
        if style and (style.styled_prompt(typed), style.styled_negative_prompt(negative)) == (sent, negative_sent):
            return typed, negative, style
    return sent, negative_sent, plain


def _suffix(typed: str, sent: str) -> str:
    """The words of a style that turn ``typed`` into ``sent``."""
    if sent == typed:
        return ""
    if not typed:
        return sent
    if sent.startswith(f"{typed}, "):
        return sent.removeprefix(f"{typed}, ")
    before, found, after = sent.partition(typed)
    return f"{before}{PLACEHOLDER}{after}" if found else sent


def _scheduler(record: Record, default: str) -> str:
    choice = _text(record, "scheduler_choice")
    if choice in SCHEDULERS:
        return choice
    name = _text(record, "scheduler").casefold()
    by_name = {row.name.casefold(): key for key, row in SCHEDULERS.items() if key != DEFAULT}
    by_class = {row.class_name.casefold(): key for key, row in reversed(SCHEDULERS.items()) if row.class_name}
    return by_name.get(name) or by_class.get(name) or (name if name in SCHEDULERS else default)


def _check_unchanged(record: Record, mode: str) -> None:
    """Raise UserError when a picture that the job started from is gone, or is another one now."""
    if not starts_from_a_picture(mode):
        return
    for key in MODES[mode].fields:
        if key in HASHES and _text(record, key):
            path = Path(_text(record, key))
            known = _text(record, HASHES[key])
            if sha256_of(path) != known and known:
                raise UserError(f"{named(path.name)} has changed since that job: it would be another picture.")


def _check_loras(record: Record, library: LoraLibrary) -> None:
    """Raise UserError when a LoRA of the job is gone, or is another one now."""
    entries = record.get("loras")
    if not isinstance(entries, list):
        return
    library.refresh()
    for entry in entries:
        name, known = (_text(entry, key) if isinstance(entry, dict) else "" for key in ("name", "sha256"))
        if name and hashes_of(library.find(name).path).sha256 != known and known:
            raise UserError(f"The LoRA {named(name)} has changed since that job: it would be another picture.")


def _seed(value: Any) -> int | None:
    """The old lab may have logged -1 for a seed that was drawn."""
    return None if int(value) < 0 else int(value)


def _ints(values: Sequence[Any]) -> tuple[int, ...]:
    return tuple(int(value) for value in values)


def _texts(values: Sequence[Any]) -> tuple[str, ...]:
    return tuple(str(value) for value in values)


_KINDS: dict[str, Callable[[Any], Any]] = {
    "steps": int,
    "guidance_scale": float,
    "width": int,
    "height": int,
    "batch_size": int,
    "seed": _seed,
    "hires": hires_of,
    "plan": plan_of,
    "threaded": bool,
    "speed": str,
    "prompt_syntax": str,
    "prompt_template": str,
    "negative_prompt_template": str,
}
_OWN_KINDS: dict[str, Callable[[Any], Any]] = {
    "init_image": Path,
    "strength": float,
    "mask_image": Path,
    "mask_blur": int,
    "frames": int,
    "motion": str,
    "variation": float,
    "easing": str,
    "end_seeds": _ints,
    "end_prompts": _texts,
}
"""How a value of the log becomes one of the request."""
