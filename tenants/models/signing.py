"""The platform's signing keys. What they signed is kept for years, so a key that was replaced keeps its public half."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now


class SigningKey(models.Model):
    """An Ed25519 key of the platform. Its private half is sealed, and is dropped when the key is replaced."""

    key_id = models.CharField(max_length=32, unique=True)
    public_pem = models.TextField()
    private_sealed = models.TextField(blank=True, editable=False)
    created_at = models.DateTimeField(db_default=Now())
    retired_at = models.DateTimeField(null=True, blank=True)
    is_current = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["is_current"], condition=Q(is_current=True), name="one_current_signing_key"
            ),
            models.CheckConstraint(
                condition=(Q(is_current=True, retired_at=None) & ~Q(private_sealed=""))
                | Q(is_current=False, retired_at__isnull=False, private_sealed=""),
                name="retired_key_signs_nothing",
            ),
        ]

    def __str__(self) -> str:
        return self.key_id
