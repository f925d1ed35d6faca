"""How one account's server wants requests spelled. Data: the few branches that read it are in encoding.py."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Wire:
    """The default is a multipart form for a create, which every server takes but for those that want JSON.

    `takes_characters`, `takes_pictures`: what a server does not know may vanish there in silence, so it is not sent.
    """

    creates_as_json: bool = False
    takes_characters: bool = True
    takes_pictures: bool = True
