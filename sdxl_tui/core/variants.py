"""``{a|b}`` and ``__wildcard__`` in a prompt become one of their values before the job is queued.

dynamicprompts chooses; it sees only what is meant for it. Left to itself it fails at ``100% cotton`` and ``a $5 bill``,
drops what follows a ``#`` or ``//``, and takes the braces off ``{ b }``.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

from sdxl_tui.core import paths
from sdxl_tui.core.prompt_syntax import PLAIN
from sdxl_tui.core.request import GenerationRequest, drawn_seed

if TYPE_CHECKING:
    from dynamicprompts.wildcards import WildcardManager
    from dynamicprompts.wildcards.collection import WildcardCollection
    from dynamicprompts.wildcards.item import WildcardItem

log = logging.getLogger(__name__)

FOLDER = "wildcards"
"""Below the config folder: ``hair.txt``, a value a line, is ``__hair__``, and ``people/old.txt`` ``__people/old__``."""

_GUARDED = {sign: chr(0xFDD0 + number) for number, sign in enumerate("{}$#%/_~!@|")}
"""What each sign is while it is no business of dynamicprompts: characters that Unicode keeps for inside programs."""
_GUARD = str.maketrans(_GUARDED)
_UNGUARD = str.maketrans({inside: sign for sign, inside in _GUARDED.items()})

_WILDCARD = re.compile(r"__([\w*./-]*[\w*])__")
_BOUNDS = re.compile(r"\s*(?:\d{1,3}-\d{1,3}|-?\d{1,3}-?)\$\$(?:(?:[^${}|#%/_~!@]|/(?![/*]))*\$\$|\|\$\$)?")
"""``2$$``, ``1-2$$``, ``2$$ and $$`` at the beginning of a group."""


def may_vary(text: str) -> bool:
    """Whether there is something in a text that a value might be chosen for."""
    return "{" in text or "__" in text


def get_ready() -> None:
    """Import what ``expand`` uses; it takes a moment, so a screen asks for it on a thread beforehand."""
    import dynamicprompts.parser.parse
    import dynamicprompts.sampling_context
    import dynamicprompts.wildcards  # noqa: F401


def wildcards_dir() -> Path:
    """Folder of the user's wildcard files."""
    return paths.config_dir() / FOLDER


def expand(text: str, seed: int | str, folder: Path | None = None) -> str:
    """Return ``text`` with one value for each ``{a|b}``, ``{2$$a|b|c}`` and ``__wildcard__`` in it.

    The same text, seed and files give the same values. Whatever else the text holds stays as it is, also a group that
    cannot be read and a wildcard without a file.
    """
    if not may_vary(text):
        return text
    files = _Files(wildcards_dir() if folder is None else folder)
    rand = Random(seed)
    return "".join(_chosen(part, rand, files) if is_group else part for part, is_group in _parts(text, files))


def expanded(request: GenerationRequest, folder: Path | None = None) -> GenerationRequest:
    """Return the request with its prompts expanded by its seed, which is drawn if it holds none.

    What was typed stays beside them as their templates. A request whose syntax is plain is returned as it is. For what
    was typed only: prompts from the log are expanded already.
    """
    if request.prompt_syntax == PLAIN:
        return request
    seed = drawn_seed() if request.seed is None else request.seed
    prompt = expand(request.prompt, seed, folder)
    negative = expand(request.negative_prompt, f"{seed} negative", folder)
    if (prompt, negative) == (request.prompt, request.negative_prompt):
        return request
    return replace(
        request,
        seed=seed,
        prompt=prompt,
        prompt_template=request.prompt if prompt != request.prompt else "",
        negative_prompt=negative,
        negative_prompt_template=request.negative_prompt if negative != request.negative_prompt else "",
    )


def again(request: GenerationRequest, folder: Path | None = None) -> GenerationRequest:
    """Return the request with another seed, and other values where its prompts were made from what was typed."""
    return expanded(
        replace(
            request,
            seed=None,
            prompt=request.prompt_template or request.prompt,
            prompt_template="",
            negative_prompt=request.negative_prompt_template or request.negative_prompt,
            negative_prompt_template="",
        ),
        folder,
    )


class _Files:
    """The wildcard files; each is read when it is asked for."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._manager: WildcardManager | None = None

    def holds(self, name: str) -> bool:
        """Whether there is a file with values for ``name``, which may have ``*`` in it."""
        try:
            return self._folder.is_dir() and len(self.manager.get_values(name)) > 0
        except OSError as error:
            log.info("the wildcard %s cannot be read: %s", name, error)
            return False

    @property
    def manager(self) -> WildcardManager:
        """dynamicprompts' own, over files whose values are guarded as prompts are."""
        if self._manager is None:
            from dynamicprompts.wildcards import WildcardManager

            logging.getLogger("dynamicprompts").setLevel(logging.ERROR)  # It warns of every wildcard without a file.
            files = WildcardManager(self._folder if self._folder.is_dir() else None)
            names = sorted(files.get_collection_names())
            self._manager = WildcardManager(root_map={"": [{name: _guarding(files.get_file(name)) for name in names}]})
        return self._manager


def _guarding(file: WildcardCollection) -> WildcardCollection:
    from dynamicprompts.wildcards.collection import WildcardCollection

    class Guarding(WildcardCollection):
        def get_values(self) -> list[str | WildcardItem]:
            return [_guarded_value(value) for value in file.get_values()]

    return Guarding()


def _guarded_value(value: str | WildcardItem) -> str | WildcardItem:
    """A value of a wildcard file; every ``__name__`` in it is taken for another wildcard."""
    return _guarded(value, None) if isinstance(value, str) else replace(value, content=_guarded(value.content, None))


def _parts(text: str, files: _Files) -> Iterable[tuple[str, bool]]:
    """Cut a text into what stays and what is chosen from."""
    ends = _groups(text)
    kept_from = place = 0
    while place < len(text):
        wildcard = _WILDCARD.match(text, place)
        if place in ends:
            end = ends[place] + 1
        elif wildcard and files.holds(wildcard[1]):
            end = wildcard.end()
        else:
            place += 1
            continue
        yield text[kept_from:place], False
        yield text[place:end], True
        kept_from = place = end
    yield text[kept_from:], False


def _groups(text: str) -> dict[int, int]:
    """Where each group begins and ends: braces that are a pair and hold a ``|`` of their own or begin with bounds."""
    groups: dict[int, int] = {}
    open_braces: list[tuple[int, bool]] = []
    for place, sign in enumerate(text):
        if sign == "{":
            open_braces.append((place, _BOUNDS.match(text, place + 1) is not None))
        elif sign == "|" and open_braces:
            open_braces[-1] = (open_braces[-1][0], True)
        elif sign == "}" and open_braces:
            begin, is_group = open_braces.pop()
            if is_group:
                groups[begin] = place
    return groups


def _chosen(part: str, rand: Random, files: _Files) -> str:
    """One value of a group or a wildcard; the text itself when dynamicprompts cannot read it."""
    from dynamicprompts.enums import SamplingMethod
    from dynamicprompts.sampling_context import SamplingContext

    context = SamplingContext(default_sampling_method=SamplingMethod.RANDOM, wildcard_manager=files.manager, rand=rand)
    try:
        found: Any = next(iter(context.sample_prompts(_guarded(part, files), 1)))
    except Exception as error:  # pyparsing's, and whatever a value in the user's files leads to
        log.info("%r stays as it is: %s", part, str(error).partition("\n")[0])
        return part
    return str(found).translate(_UNGUARD)


def _guarded(text: str, files: _Files | None) -> str:
    """The text with every sign hidden that is not part of a group or of a wildcard that is there."""
    groups = _groups(text)
    live = {place for pair in groups.items() for place in pair}
    live |= {place for place, sign in enumerate(text) if sign == "|" and _is_in_a_group(place, groups)}
    for begin in groups:
        if bounds := _BOUNDS.match(text, begin + 1):
            live.update(range(*bounds.span()))
    for wildcard in _WILDCARD.finditer(text):
        if files is None or files.holds(wildcard[1]):
            live.update(range(*wildcard.span()))
    return "".join(sign if place in live else sign.translate(_GUARD) for place, sign in enumerate(text))


def _is_in_a_group(place: int, groups: dict[int, int]) -> bool:
    return any(begin < place < end for begin, end in groups.items())
