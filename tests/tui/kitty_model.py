"""As much of a kitty as has a store of pictures."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass, field


@dataclass
class KittyModel:
    """Reads what is sent to it, and minds the rules of the protocol."""

    images: dict[int, bytes] = field(default_factory=dict)
    places: dict[int, tuple[int, int]] = field(default_factory=dict)
    most: int = 0
    sent: int = 0
    _begun: dict[str, str] | None = None
    _data: str = ""

    def read(self, text: str) -> None:
        """Take a sequence."""
        text = re.sub(r"\x1bPtmux;(.*?)(?<!\x1b)\x1b\\", lambda found: found[1].replace("\x1b\x1b", "\x1b"), text)
        for control, _, payload in re.findall(r"\x1b_G([^;\x1b]*)(;([^\x1b]*))?\x1b\\", text):
            self._command(dict(part.split("=") for part in control.split(",")), payload.lstrip(";"))

    def _command(self, keys: dict[str, str], payload: str) -> None:
        assert keys["q"] == "2", "it would answer"
        if keys.get("a") == "d":
            assert self._begun is None, "data in pieces must not be interrupted"
            assert keys["d"] == "I", "a small i leaves the data"
            self.images.pop(int(keys["i"]), None)
            self.places.pop(int(keys["i"]), None)
            return
        assert len(payload) <= 4096
        self._begun = self._begun or keys
        self._data += payload
        if keys["m"] == "0":
            number = int(self._begun["i"])
            assert self._begun["U"] == "1"
            self.images[number] = base64.b64decode(self._data, validate=True)
            self.places[number] = int(self._begun["c"]), int(self._begun["r"])
            self._begun, self._data, self.sent = None, "", self.sent + 1
            self.most = max(self.most, len(self.images))
