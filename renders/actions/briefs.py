"""Write briefs and keep their versions."""

import hashlib
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from renders.models import Brief, BriefVersion, Project
from tenants import audit
from tenants.canonical import canonical
from tenants.errors import Refused
from tenants.models import Client, User


class ProjectExists(Refused):
    """The client has a project with this name."""


@transaction.atomic
def create_project(*, client: Client, name: str, by: User) -> Project:
    """A new campaign of a client. Raises ProjectExists."""
    name = name.strip()
    if Project.objects.filter(client=client, name__iexact=name).exists():
        raise ProjectExists(f"{client.name} has a project called “{name}” already.")
    project = Project.objects.create(client=client, name=name)
    audit.record("project.created", by=by, on=project, name=name)
    return project


@transaction.atomic
def save_brief(
    *,
    project: Project,
    title: str,
    texts: dict[str, str],
    by: User,
    brief: Brief | None = None,
    **choice: Any,
) -> Brief:
    """Write the draft. `choice`: model, size, seconds. Nothing is rendered, nothing is spent."""
    is_new = brief is None
    brief = brief or Brief(created_by=by)
    brief.project, brief.title = project, title.strip()
    for name, value in {**texts, **choice}.items():
        setattr(brief, name, value)
    brief.save()
    audit.record("brief.created" if is_new else "brief.edited", by=by, on=brief, title=brief.title)
    return brief


def digest_of(texts: dict[str, str], prompt: str) -> str:
    """SHA-256 of what was written and the prompt that it made."""
    return hashlib.sha256(canonical({"texts": texts, "prompt": prompt})).hexdigest()


def freeze(brief: Brief, *, by: User) -> BriefVersion:
    """The version that says what the draft says now: the latest one if nothing changed, else a new one."""
    prompt = brief.composed()
    digest = digest_of(brief.texts(), prompt)
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
    return version


@transaction.atomic
def archive_brief(*, brief: Brief, by: User) -> None:
    """Take a brief off the list. Its takes stay."""
    if brief.archived_at is None:
        brief.archived_at = timezone.now()
        brief.save(update_fields=["archived_at"])
        audit.record("brief.archived", by=by, on=brief)
