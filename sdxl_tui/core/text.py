"""Show user text where it can do no harm: terminals and line-based logs."""

from __future__ import annotations

import re

_LINE_BREAK = re.compile("\r\n|[\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_HARMFUL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_DELETE = 0x7F


def harmless(text: str) -> str:
    """Return ``text`` without anything a terminal acts on, its line breaks as ``\\n``.

    Escape sequences, text direction overrides and halves of surrogate pairs (which no terminal can be sent) become
    visible signs. Joiners stay: emoji are made of them.
    """
    return _HARMFUL.sub(_sign, _LINE_BREAK.sub("\n", text))


def one_line(text: str) -> str:
    """Return ``text`` harmless and in one line: line breaks and tabs become spaces."""
    return harmless(text).replace("\n", " ").replace("\t", " ")


def _sign(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code < 0x20:
        return chr(0x2400 + code)
    return "\N{SYMBOL FOR DELETE}" if code == _DELETE else "\N{REPLACEMENT CHARACTER}"
