"""Exceptions whose text a person may read: refusals, and our storage's failures."""


class Refused(Exception):
    """An action was not done. str(error) says why, and what to do next, in words for the person."""


class StorageFailed(Exception):
    """Our storage did not take or give a file: disk full, or the store is down. Worth another try."""
