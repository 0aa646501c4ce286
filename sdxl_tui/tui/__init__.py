"""The lab in a terminal: Textual only, never a tensor."""
