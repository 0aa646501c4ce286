"""How fast the lab is on this machine, beside stock diffusers in the same run: a section a file."""
