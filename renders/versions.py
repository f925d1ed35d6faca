"""Versions of briefs: what was rendered, frozen at the moment of a submit."""

import hashlib
from typing import Any

from django.db.models import F

from characters.models import Character
from renders import casting
from renders.models import Brief, BriefVersion, PictureFile
from tenants.canonical import canonical
from tenants.models import User


def digest_of(
    texts: dict[str, str],
    prompt: str,
    cast: list[dict[str, str]] | None = None,
    picture: PictureFile | None = None,
) -> str:
    """SHA-256 of what was written, the prompt that it made, who is in it (casting.content), and what it opens with."""
    # Without characters or a picture it is what it was before there were any: signed certificates name it.
    more: dict[str, Any] = {"characters": cast} if cast else {}
    more |= {"picture_sha256": picture.sha256} if picture is not None else {}
    return hashlib.sha256(canonical({"texts": texts, "prompt": prompt, **more})).hexdigest()


def draft_digest(brief: Brief) -> str:
    """The digest of the version that the draft would make now."""
    characters = casting.of_brief(brief)
    prompt = brief.composed(casting.names_of(characters))
    return digest_of(brief.texts(), prompt, casting.content(characters), brief.picture)


def with_prompt(brief: Brief, prompt: str) -> Brief:
    """The brief in hand with nothing but this prompt, for what is made from a clip; not to be saved."""
    for name in Brief.TEXT_FIELDS:
        setattr(brief, name, "")
    brief.subject = prompt
    return brief


def freeze(
    brief: Brief, *, by: User, characters: list[Character] | None = None, introduces: bool = True
) -> BriefVersion:
    """The version that says what the draft says now: the latest one if nothing changed, else a new one.

    `characters`: who is in it; the draft's own unless they are given. `introduces`: whether it is of a new clip, whose
    prompt has to name them, and which alone opens with the draft's picture.
    """
    characters = casting.of_brief(brief) if characters is None else characters
    prompt = brief.composed(casting.names_of(characters) if introduces else ())
    picture = brief.picture if introduces else None
    digest = digest_of(brief.texts(), prompt, casting.content(characters), picture)
    latest: BriefVersion | None = BriefVersion.objects.filter(brief=brief).order_by("-number").first()
    if latest is not None and latest.digest == digest:
        return latest
    Brief.objects.filter(pk=brief.pk).update(versions=F("versions") + 1)
    brief.refresh_from_db(fields=["versions"])
    version: BriefVersion = BriefVersion.objects.create(
        brief=brief,
        number=brief.versions,
        composed_prompt=prompt,
        digest=digest,
        picture=picture,
        created_by=by,
        **brief.texts(),
    )
    casting.freeze(version, characters)
    return version
