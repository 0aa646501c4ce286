"""Find what a user means by part of a name."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence

from sdxl_tui.core.errors import UserError

MOST_NAMED = 20
"""Of what there is, in one sentence."""


def find_one(text: str, names: Mapping[str, str], kind: str) -> str:
    """Return the one id in ``names`` (id -> shown name) that ``text`` means.

    ``text`` is an id, the last part of one, a shown name, or any part that only one of them has, in any case.
    Raises UserError when nothing or more than one fits; a near miss is suggested.
    """
    wanted = text.strip().casefold()
    for spelling in (_whole_id, _last_part, _shown_name):
        exact = [identity for identity in names if spelling(identity, names) == wanted]
        if len(exact) == 1:
            return exact[0]
    partial = [i for i in names if wanted and (wanted in i.casefold() or wanted in names[i].casefold())]
    if len(partial) == 1:
        return partial[0]
    if partial:
        raise UserError(f"'{text}' fits several {kind}s: {_listed([names[i] for i in partial])}; type more of it.")
    spellings = {spelling(i, names): i for i in names for spelling in (_whole_id, _last_part, _shown_name)}
    near = difflib.get_close_matches(wanted, spellings, n=1, cutoff=0.5)
    hint = f"did you mean {names[spellings[near[0]]]}?" if near else f"there are {_listed(list(names.values()))}."
    raise UserError(f"There is no {kind} '{text}'; {hint}")


def near_names(text: str, names: Iterable[str]) -> list[str]:
    """Up to three names of the kind ``place.action`` that a text may mean: of its place, then its action elsewhere."""
    known = list(names)
    place, _, action = text.casefold().rpartition(".")
    here = {name.rpartition(".")[2]: name for name in known if name.rpartition(".")[0] == place}
    near = [here[close] for close in difflib.get_close_matches(action, here, n=2)]
    elsewhere = [name for name in known if action and name.rpartition(".")[2] == action]
    like = difflib.get_close_matches(text.casefold(), known, n=1, cutoff=0.8)
    return list(dict.fromkeys([*near, *elsewhere, *like]))[:3]


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return ", ".join(names[:MOST_NAMED]) + more


def _whole_id(identity: str, names: Mapping[str, str]) -> str:
    return identity.casefold()


def _last_part(identity: str, names: Mapping[str, str]) -> str:
    return identity.rsplit("/", 1)[-1].casefold()


def _shown_name(identity: str, names: Mapping[str, str]) -> str:
    return names[identity].casefold()
