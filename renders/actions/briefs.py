"""Write briefs and keep their versions."""

from typing import Any

from django.db import transaction
from django.utils import timezone

from characters.models import Character
from renders import casting
from renders.actions import storyboard_orders
from renders.actions.orders import void_outdated
from renders.models import Brief, BriefCharacter, Project
from tenants import audit
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
    characters: list[Character] | None = None,
    **choice: Any,
) -> Brief:
    """Write the draft. `choice`: model, size, seconds. Nothing is rendered, nothing is spent.

    What waits for an approval of what it said before is withdrawn. `characters`: who is in it, in order; None leaves
    them as they are. Raises casting.CannotCast for a third one.
    """
    is_new = brief is None
    brief = brief or Brief(created_by=by)
    brief.project, brief.title = project, title.strip()
    for name, value in {**texts, **choice}.items():
        setattr(brief, name, value)
    brief.save()
    if characters is not None:
        _cast(brief, characters)
    if not is_new:
        void_outdated(brief=brief, by=by)
        storyboard_orders.void_outdated(brief=brief, by=by)
    audit.record("brief.created" if is_new else "brief.edited", by=by, on=brief, title=brief.title)
    return brief


def _cast(brief: Brief, characters: list[Character]) -> None:
    casting.check_number(len(characters))
    BriefCharacter.objects.filter(brief=brief).delete()
    BriefCharacter.objects.bulk_create(
        BriefCharacter(brief=brief, character=character, position=position)
        for position, character in enumerate(characters, start=1)
    )


@transaction.atomic
def archive_brief(*, brief: Brief, by: User) -> None:
    """Take a brief off the list. Its takes stay."""
    if brief.archived_at is None:
        brief.archived_at = timezone.now()
        brief.save(update_fields=["archived_at"])
        audit.record("brief.archived", by=by, on=brief)
