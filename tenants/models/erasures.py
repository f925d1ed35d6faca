"""Erasures that somebody asked for. A restored database is told of them again."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now

from tenants.models.base import OrgModel
from tenants.models.people import User


class Erasure(OrgModel):
    """Whose data were erased, by reference: no name, no address."""

    prefix = "ers"

    # Public ids: gst_… for a client's person, mem_… for a member.
    subjects = ArrayField(models.CharField(max_length=40))
    with_words = models.BooleanField(default=False)
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(db_default=Now())
    # Since when it is in the journal that lies outside the database.
    filed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["org", "-asked_at"], name="erasure_newest")]

    def __str__(self) -> str:
        return self.public_id
