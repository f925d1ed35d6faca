"""The audit trail: who did what, chained by hash, never edited."""

from django.db import models

from tenants.models.base import AppendOnlyModel


class AuditEvent(AppendOnlyModel):
    """One act of a person, a guest or the system.

    `actor` and `subject` are references such as user:12, guest:<uuid> or rnd_…, not foreign keys: the trail
    outlives what it speaks of, and names can be erased without breaking the chain.
    """

    prefix = "aud"
    # The actor's name and the data, put there by the page that shows them (tenants.reading).
    who: str
    did: str
    details: list[tuple[str, str, str]]

    seq = models.PositiveBigIntegerField()
    happened_at = models.DateTimeField()
    actor = models.CharField(max_length=80)
    action = models.CharField(max_length=60)
    subject = models.CharField(max_length=80, blank=True)
    data = models.JSONField(default=dict)
    prev_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["org", "seq"], name="audit_seq_once_per_agency")]
        indexes = [
            models.Index(fields=["org", "subject"], name="audit_by_subject"),
            models.Index(fields=["org", "actor"], name="audit_by_actor"),
        ]

    def __str__(self) -> str:
        return f"#{self.seq} {self.action}"
