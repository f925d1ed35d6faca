"""Where a clip says that it comes from, and what people saw of it."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from renders.models.renders import Render
from tenants.models import OrgModel, OrgOneToOneField, User


class Credentials(models.TextChoices):
    """Content credentials (C2PA) of the original, as they were when it arrived."""

    TRUSTED = "trusted", _("Trusted")  # valid, and the signer leads to a certificate that we trust
    VALID = "valid", _("Valid")  # every hash and the signature fit; nobody vouches for the signer
    PRESENT = (
        "present",
        _("Present"),
    )  # they lie elsewhere, or could not be read to the end: nothing was checked
    BROKEN = "broken", _("Broken")  # the file or its manifest was changed after it was signed
    ABSENT = "absent", _("Absent")


class Watermark(models.TextChoices):
    """A visible mark of the provider's, as a reviewer saw it."""

    UNKNOWN = "unknown", _("Not looked at")
    SEEN = "seen", _("Seen")
    NOT_SEEN = "not_seen", _("Not seen")


TONES = {
    Credentials.TRUSTED: "success",
    Credentials.VALID: "success",
    Credentials.PRESENT: "warning",
    Credentials.BROKEN: "danger",
    Credentials.ABSENT: "neutral",
}
# What each state means for whoever delivers the clip.
MEANINGS = {
    Credentials.TRUSTED: _("Signed by somebody on our list of trusted signers, and unchanged since."),
    Credentials.VALID: _("Signed and unchanged since. The signer is not in the list of trusted signers."),
    Credentials.PRESENT: _(
        "Credentials could not be checked: they lie elsewhere, or the checker did not come to an end."
    ),
    Credentials.BROKEN: _(
        "The file, or its credentials, were changed after they were signed. Ask where it came from."
    ),
    Credentials.ABSENT: _("The file carries no credentials, so it says nothing about where it comes from."),
}


# What the checker's codes mean; the ends of codes, for their middles name the kind of statement.
_PROBLEMS = {
    "bmffHash.mismatch": _("Picture or sound was changed after it was signed."),
    "dataHash.mismatch": _("The file was changed after it was signed."),
    "hashedURI.mismatch": _("A statement in the credentials was changed after it was signed."),
    "claimSignature.mismatch": _("The signature does not fit what was signed."),
    "claimSignature.missing": _("The signature is missing."),
    "signingCredential.expired": _("The signer’s certificate had run out."),
    "signingCredential.revoked": _("The signer’s certificate was withdrawn."),
    "signingCredential.invalid": _("The signer’s certificate is not one for signing such files."),
    "timeStamp.mismatch": _("The time stamp does not fit what was signed."),
    "assertion.missing": _("A statement that the credentials name is missing."),
    "claim.missing": _("The credentials name no claim."),
    "manifest.inaccessible": _("The credentials lie elsewhere and could not be fetched."),
    "the checker did not finish": _("The checker did not come to an end."),
}
_OTHER_PROBLEM = _("The checker found a fault that it calls “%(code)s”.")


class Provenance(OrgModel):
    """One take's original: its credentials, the visible mark, and who took note of broken ones."""

    prefix = "prv"

    render = OrgOneToOneField(Render, on_delete=models.PROTECT, related_name="provenance")
    asset_sha256 = models.CharField(max_length=64)
    credentials = models.CharField(max_length=8, choices=Credentials.choices)
    # As the manifest names them: claims of whoever signed.
    generator = models.CharField(max_length=200, blank=True)
    signer = models.CharField(max_length=200, blank=True)
    claimed_at = models.DateTimeField(null=True, blank=True)
    # The checker's own codes, such as assertion.bmffHash.mismatch.
    problems = models.JSONField(default=list, blank=True)
    checked_at = models.DateTimeField(auto_now_add=True)
    watermark = models.CharField(max_length=8, choices=Watermark.choices, default=Watermark.UNKNOWN)
    watermark_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    watermark_at = models.DateTimeField(null=True, blank=True)
    # Broken credentials go to a client only when somebody has said in words why that is right.
    acknowledgement = models.CharField(max_length=300, blank=True)
    acknowledged_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    acknowledged_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(acknowledgement="", acknowledged_by=None, acknowledged_at=None)
                | (~Q(acknowledgement="") & Q(acknowledged_by__isnull=False, acknowledged_at__isnull=False)),
                name="acknowledgement_names_person_and_words",
            ),
            models.CheckConstraint(
                condition=Q(watermark="unknown") | Q(watermark_by__isnull=False, watermark_at__isnull=False),
                name="watermark_was_seen_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return self.get_credentials_display()

    @property
    def tone(self) -> str:
        """Colour family of its pill."""
        return TONES[Credentials(self.credentials)]

    @property
    def meaning(self) -> str:
        """What the state says, in a sentence."""
        return str(MEANINGS[Credentials(self.credentials)])

    @property
    def problems_in_words(self) -> list[tuple[str, str]]:
        """(What is wrong, the checker's own code), each sentence once."""
        said: dict[str, str] = {}
        for code in self.problems:
            known = next((words for end, words in _PROBLEMS.items() if code.endswith(end)), None)
            said.setdefault(str(known or _OTHER_PROBLEM % {"code": code}), code)
        return list(said.items())

    @property
    def needs_acknowledgement(self) -> bool:
        """Broken, and nobody has said yet why it may go out all the same."""
        return self.credentials == Credentials.BROKEN and not self.acknowledgement
