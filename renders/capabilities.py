"""What each kind of server can do, as data: the profile of a dialect. Pure: no models, no queries, no network.

A profile holds facts that were read or measured, with the day. How a dialect spells a request is `providers/wire.py`'s;
what one account was found to do differently is its `capability_overrides`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import date

_READ = date(2026, 11, 25)


@dataclass(frozen=True)
class Capabilities:
    """One dialect's profile. Every boolean may be overridden for one account."""

    dialect: str
    title: str
    source: str
    verified_on: date = _READ
    can_list: bool = True
    # Whether its list says each video's prompt: what tells requests of equal settings apart.
    lists_prompts: bool = True
    can_delete: bool = True
    can_remix: bool = True
    can_edit: bool = True
    can_extend: bool = True
    # Whether an edit or an extension may bring the clip along as a file.
    takes_clip_file: bool = True
    can_reference: bool = True
    takes_characters: bool = True
    can_moderate: bool = True
    has_webhooks: bool = True
    # Whether a thumbnail and a spritesheet can be fetched beside the clip.
    has_stills: bool = True
    # How a create without a picture is sent: as a multipart form, or as JSON.
    creates_as_json: bool = False
    # How an opening image is spelled: see renders/providers/wire.py, PictureAs.
    picture_as: str = "file"
    # What staff should know before they rely on it.
    notes: tuple[str, ...] = ()

    def inputs(self) -> dict[str, list[str]]:
        """What each operation may start from."""
        found = {"create": ["text"]}
        found["create"] += ["image"] if self.can_reference else []
        found["create"] += ["characters"] if self.takes_characters else []
        from_clip = ["clip by id", *(["clip as a file"] if self.takes_clip_file else [])]
        found |= {"edit": from_clip} if self.can_edit else {}
        found |= {"extend": from_clip} if self.can_extend else {}
        found |= {"remix": ["clip by id"]} if self.can_remix else {}
        return found

    def with_overrides(self, overrides: Mapping[str, bool]) -> "Capabilities":
        """The same with what one account does differently; names that mean nothing are left out."""
        known = {name: value for name, value in overrides.items() if name in SWITCHES}
        return replace(self, **known)  # type: ignore[arg-type]


# What can be overridden for one account, and what it is called.
SWITCHES: dict[str, str] = {
    "can_list": "lists its videos",
    "lists_prompts": "says their prompts in its list",
    "can_delete": "deletes videos",
    "can_remix": "remixes",
    "can_edit": "edits",
    "can_extend": "extends",
    "takes_clip_file": "edits and extends a clip that is sent along",
    "can_reference": "takes an opening image",
    "takes_characters": "takes characters",
    "can_moderate": "has a safety check of its own",
    "has_webhooks": "sends webhooks",
    "has_stills": "gives a thumbnail and a spritesheet",
    "creates_as_json": "wants creates as JSON, not as a form",
}
assert set(SWITCHES) == {field.name for field in fields(Capabilities) if field.type is bool}

# What a page says when a server lacks something; then comes what to do.
_LACKS: dict[str, str] = {
    "can_remix": "has no remix. Render the brief once more instead.",
    "can_edit": "has no edit. Change the brief and render it once more.",
    "can_extend": "cannot extend a clip. Start a new clip from its last frame instead.",
    "can_reference": "takes no opening image. Describe the first frame in words.",
    "takes_characters": "takes no characters. Describe them in the brief, or take them out.",
    "can_list": "cannot list its videos, so a request without an answer needs a person.",
    "can_delete": "cannot delete videos, so its copy stays until it expires.",
    "takes_clip_file": "takes a clip only by its own id, and does not have this one any more.",
}


def lack(name: str, *, account: str) -> str:
    """Why something cannot be had there and what to do instead: a sentence for people."""
    return f"{account} {_LACKS.get(name, 'cannot do this.')}"


_OWN_MACHINES = {
    "can_remix": False,
    "can_edit": False,
    "can_extend": False,
    "takes_clip_file": False,
    "takes_characters": False,
    "can_moderate": False,
    "has_webhooks": False,
    "has_stills": False,
}

CAPABILITIES: dict[str, Capabilities] = {
    profile.dialect: profile
    for profile in (
        Capabilities(
            "openai",
            "Videos API, as published",
            "the published API document of 2026-08-21 and the official SDK 2.54 and 3.51",
        ),
        Capabilities(
            "vllm-omni",
            "vLLM-Omni",
            "the server's source, 0.30",
            **_OWN_MACHINES,  # type: ignore[arg-type]
            picture_as="field",
            notes=(
                "Its jobs live in memory: a restart of the server loses them.",
                "It says of a job that failed only a number, so a refusal by policy looks like a failure.",
            ),
        ),
        Capabilities(
            "sglang",
            "SGLang Diffusion",
            "the server's source, 0.5",
            **_OWN_MACHINES,  # type: ignore[arg-type]
            creates_as_json=True,
            picture_as="text",
            lists_prompts=False,
            notes=(
                "Its jobs live in memory: a restart of the server loses them.",
                "Its list tells no prompts: takes of equal model, size and length are sent one after the other.",
            ),
        ),
        Capabilities(
            "litellm",
            "LiteLLM proxy",
            "measured with LiteLLM 1.108.7 in front of the emulator",
            can_list=False,
            can_delete=False,
            can_remix=False,
            can_edit=False,
            can_extend=False,
            takes_clip_file=False,
            takes_characters=False,
            can_moderate=False,
            has_webhooks=False,
            has_stills=False,
            notes=(
                "Older versions forget where an edit, an extension or a remix went, and the paid clip cannot be fetched. "
                "1.108.7 remembers: switch them on once the conformance suite has seen it.",
                "It asks the vendor’s public address for ids that it did not make itself.",
            ),
        ),
        Capabilities(
            "relay",
            "Relay of the new-api kind",
            "answers kept in public threads",
            can_list=False,
            can_delete=False,
            can_remix=False,
            can_edit=False,
            can_extend=False,
            takes_clip_file=False,
            takes_characters=False,
            can_moderate=False,
            has_webhooks=False,
            has_stills=False,
            notes=("What is behind a relay may change from one request to the next.",),
        ),
    )
}
