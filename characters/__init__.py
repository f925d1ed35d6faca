"""Reusable non-human characters: what they look like, whose they are, and whether they may be used."""
