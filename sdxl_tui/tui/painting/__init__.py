"""Painting: what the screen is to show, what the terminal shows already, and the fewest bytes from one to the other."""
