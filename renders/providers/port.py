"""What the product says to a provider, and hears back, whatever the vendor."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Any, Protocol


class Status(Enum):
    """A video's status, normalised. Anything unknown means still running."""

    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


class Variant(Enum):
    VIDEO = "video"
    THUMBNAIL = "thumbnail"
    SPRITESHEET = "spritesheet"


class Operation(Enum):
    """What makes a video, and costs money."""

    CREATE = "create"
    REMIX = "remix"
    EDIT = "edit"
    EXTEND = "extend"


@dataclass(frozen=True)
class Picture:
    """The opening frame: a file on our disk, JPEG, PNG or WebP, with exactly the pixels of the clip."""

    path: Path
    content_type: str


@dataclass(frozen=True)
class CreateRequest:
    """A clip to be made. `size` is WIDTHxHEIGHT; model, size and seconds are those of the clip that comes out.

    `characters`: the provider's ids of who is in it, at most two. `picture`: its opening frame. Both are of CREATE only.
    `source_id`, or else `source_file`, an MP4 on our disk: the clip that a remix, an edit or an extension starts from; a
    remix takes an id only. `added_seconds`: what an extension adds; `seconds` is the stitched total then.
    """

    prompt: str
    model: str
    size: str
    seconds: int
    characters: tuple[str, ...] = ()
    operation: Operation = Operation.CREATE
    picture: Picture | None = None
    source_id: str = ""
    source_file: Path | None = None
    added_seconds: int = 0


@dataclass(frozen=True)
class CharacterRequest:
    """A character to be made known: 1 to 80 letters, and a clip on our disk."""

    name: str
    video: Path


@dataclass(frozen=True)
class ProviderCharacter:
    """A provider's character object. `raw` keeps the body as it came."""

    id: str
    name: str
    created_at: datetime | None = None
    raw: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Video:
    """A provider's video object, normalised. `raw` keeps the body as it came."""

    id: str
    status: Status
    status_text: str
    progress: int | None = None
    created_at: datetime | None = None
    expires_at: datetime | None = None
    model: str = ""
    size: str = ""
    seconds: str = ""
    prompt: str | None = None
    remixed_from: str = ""
    error_code: str = ""
    error_message: str = ""
    raw: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Limits:
    """What the headers of one answer say of requests: how many a window takes, how many are left, and for how long.

    None: not said, or not to be understood. Headers: x-ratelimit-{limit,remaining,reset}-requests.
    """

    limit: int | None = None
    remaining: int | None = None
    reset_seconds: float | None = None


@dataclass(frozen=True)
class Page:
    """One page of a listing, newest first."""

    videos: list[Video]
    has_more: bool


@dataclass(frozen=True)
class Content:
    """A download under way. `length` in bytes when the provider said it."""

    content_type: str
    length: int | None
    chunks: Iterator[bytes]


# Entered when the connection stands and the first byte would leave, left when the head of the request is out. It
# raises Withheld when nothing may go any more.
Doorway = Callable[[], AbstractContextManager[None]]


@dataclass(frozen=True)
class SafetyVerdict:
    """What a safety check says of a prompt. `categories`: those that it falls under."""

    is_flagged: bool
    categories: list[str]
    raw: dict[str, Any] = field(default_factory=dict)


class Provider(Protocol):
    """The port. Every call raises only what errors.py names."""

    # What the headers of the latest answer said, also of one that was a refusal.
    limits: Limits

    def create(self, request: CreateRequest, *, doorway: Doorway | None = None) -> Video: ...
    def moderate(
        self, text: str, *, picture: Picture | None = None, doorway: Doorway | None = None
    ) -> SafetyVerdict: ...
    def retrieve(self, video_id: str) -> Video: ...
    def list_videos(self, *, after: str | None = None, limit: int = 100) -> Page: ...
    def content(self, video_id: str, variant: Variant) -> AbstractContextManager[Content]: ...
    def delete(self, video_id: str) -> None: ...
    def models(self) -> list[str]: ...
    def create_character(
        self, request: CharacterRequest, *, doorway: Doorway | None = None
    ) -> ProviderCharacter: ...
    def retrieve_character(self, character_id: str) -> ProviderCharacter: ...
