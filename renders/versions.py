"""Versions of briefs: what was rendered, frozen at the moment of a submit."""

import hashlib

from django.db.models import F

from characters.models import Character
from renders import casting
from renders.models import Brief, BriefVersion
from tenants.canonical import canonical
from tenants.models import User


def digest_of(texts: dict[str, str], prompt: str, cast: list[dict[str, str]] | None = None) -> str:
    """SHA-256 of what was written, the prompt that it made, and who is in it (casting.content)."""
    # Without characters it is what it was before there were any: signed certificates name it.
    more = {"characters": cast} if cast else {}
    return hashlib.sha256(canonical({"texts": texts, "prompt": prompt, **more})).hexdigest()


def draft_digest(brief: Brief) -> str:
    """The digest of the version that the draft would make now."""
    characters = casting.of_brief(brief)
    prompt = brief.composed(casting.names_of(characters))
    return digest_of(brief.texts(), prompt, casting.content(characters))


def freeze(
    brief: Brief, *, by: User, characters: list[Character] | None = None, introduces: bool = True
) -> BriefVersion:
    """The version that says what the draft says now: the latest one if nothing changed, else a new one.

    `characters`: who is in it; the draft's own unless they are given. `introduces`: whether the prompt has to name them.
    """
    characters = casting.of_brief(brief) if characters is None else characters
    prompt = brief.composed(casting.names_of(characters) if introduces else ())
    digest = digest_of(brief.texts(), prompt, casting.content(characters))
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
        created_by=by,
        **brief.texts(),
    )
    casting.freeze(version, characters)
    return version
