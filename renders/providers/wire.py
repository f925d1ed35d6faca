"""How one account's server wants requests spelled. Data: the few branches that read it are in encoding.py."""

from dataclasses import dataclass
from enum import StrEnum


class PictureAs(StrEnum):
    """How a create spells its opening frame. In the JSON forms the image is a data URL."""

    FILE = "file"  # multipart, a file part input_reference: every server here takes it
    OBJECT = "object"  # JSON, input_reference {"image_url": …}: the published document
    TEXT = "text"  # JSON, input_reference "data:…": SGLang
    FIELD = "field"  # multipart, a text part image_reference that holds JSON: vLLM-Omni
    IMAGE_INPUT = "image_input"  # JSON, image_input "data:…": gateways


@dataclass(frozen=True)
class Wire:
    """The default is a multipart form for a create, which every server takes but for those that want JSON.

    `takes_characters`, `takes_pictures`: what a server does not know may vanish there in silence, so it is not sent.
    """

    creates_as_json: bool = False
    takes_characters: bool = True
    takes_pictures: bool = True
    picture_as: PictureAs = PictureAs.FILE
