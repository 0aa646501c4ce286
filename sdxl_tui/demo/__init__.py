"""The embedded model: a real SDXL in miniature, so that the lab works in the first minute, also on a CPU.

Its weights lie in ``model/``; how they were made, and how good they are, says the README there.
"""
