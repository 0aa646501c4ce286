"""The embedded model: a real SDXL in miniature, so that the lab works in the first minute, also on a CPU."""
