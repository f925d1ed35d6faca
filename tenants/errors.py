"""Refusals: exceptions whose text a person may read."""


class Refused(Exception):
    """An action was not done. str(error) says why, and what to do next, in words for the person."""
