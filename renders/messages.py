"""What people are told. One text per failure class and audience; each says try again later, or not allowed.

A provider's raw words are for staff only; they are in Attempt.error.
"""

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from renders.states import FailureClass

LATER, NOT_ALLOWED, PERSON = _("Try again later"), _("Not allowed"), _("Somebody has to look")


@dataclass(frozen=True)
class Message:
    """`family` is one of LATER, NOT_ALLOWED, PERSON; `team` and `client` are sentences, `staff` a first thing to do."""

    family: object
    team: object
    client: object
    staff: object


_CLIENT_WAIT = _("This clip is taking longer than usual. The team knows.")
_CLIENT_NONE = _("This clip could not be made. The team will send you another.")

MESSAGES: dict[str, Message] = {
    FailureClass.RATE_LIMITED: Message(
        LATER,
        _("The provider asked us to wait. It goes on by itself; nothing is paid for waiting."),
        _CLIENT_WAIT,
        _("429. Watch the account's limits."),
    ),
    FailureClass.UNREACHABLE: Message(
        LATER,
        _("The provider cannot be reached, so nothing was sent and nothing is paid. Submit it again later."),
        _CLIENT_WAIT,
        _("Connection refused or no such host. Check the account's address."),
    ),
    FailureClass.AMBIGUOUS_SUBMIT: Message(
        LATER,
        _(
            "The provider did not answer clearly. We are reading its list before anything is sent again, "
            "so that you never pay twice."
        ),
        _CLIENT_WAIT,
        _("In doubt. The reconciler scans the provider's list."),
    ),
    FailureClass.NOT_ACCEPTED: Message(
        LATER,
        _("The request never reached the provider. It is sent again by itself."),
        _CLIENT_WAIT,
        _("Proved absent in two full scans."),
    ),
    FailureClass.INVALID_PARAMS: Message(
        NOT_ALLOWED,
        _(
            "The provider refused these settings, and nothing is paid. Change the size, length or model and submit again."
        ),
        _CLIENT_NONE,
        _("400. Compare the account's offers with what the provider says."),
    ),
    FailureClass.AUTH_OR_QUOTA: Message(
        LATER,
        _(
            "The provider refused our account, so nothing was sent. The platform's staff know; "
            "it is tried again each minute by itself."
        ),
        _CLIENT_WAIT,
        _("401, 402 or 403. Check the key, the balance and the access to video."),
    ),
    FailureClass.POLICY_PREFLIGHT: Message(
        NOT_ALLOWED,
        _(
            "The brief was refused before it was sent, so nothing is paid. Use the suggested wording or change the marked "
            "words, then submit. If the refusal is wrong, appeal: a second person looks at it."
        ),
        _CLIENT_NONE,
        _("Refused by a rule or by the safety check; nothing was sent. See its policy case."),
    ),
    FailureClass.POLICY_INPUT: Message(
        NOT_ALLOWED,
        _(
            "The provider's policy refused this brief, and nothing was rendered. Change what it asks for: real people, "
            "other people's characters and music are common reasons."
        ),
        _CLIENT_NONE,
        _("Refused at create by policy."),
    ),
    FailureClass.POLICY_OUTPUT: Message(
        NOT_ALLOWED,
        _(
            "The provider's moderation blocked the result. The same brief will be blocked again: "
            "change what it asks for, then submit."
        ),
        _CLIENT_NONE,
        _("Blocked after rendering. Settled by the account's rule."),
    ),
    FailureClass.RENDER_FAILED: Message(
        LATER,
        _("The provider failed to make this clip. Submit it again; if it fails twice, change the brief."),
        _CLIENT_NONE,
        _("Failed with a code of the provider's; see its words."),
    ),
    FailureClass.EXPIRED_BEFORE_DOWNLOAD: Message(
        PERSON,
        _(
            "The clip was made and paid, and the provider dropped it before we could fetch it. "
            "It is not made again unless you ask for it."
        ),
        _CLIENT_NONE,
        _("A paid loss. Claim it from the provider."),
    ),
    FailureClass.PROVIDER_LOST: Message(
        PERSON,
        _(
            "The provider no longer knows this clip. Whether it was charged is being cleared up; "
            "nothing is rendered again by itself."
        ),
        _CLIENT_NONE,
        _("404 confirmed, or past the hard limit. Claim it from the provider."),
    ),
    FailureClass.PROVIDER_SUNSET: Message(
        NOT_ALLOWED,
        _(
            "This provider has ended its service, so nothing was sent. The platform's staff must choose another account."
        ),
        _CLIENT_NONE,
        _("Past the sunset date, or 410."),
    ),
    FailureClass.STORAGE_FAILED: Message(
        LATER,
        _(
            "The clip is made, and our storage cannot take it at the moment. It is fetched as soon as it can; "
            "you are not charged again."
        ),
        _CLIENT_WAIT,
        _("Disk full, or the store is down. The provider's copy expires: act now."),
    ),
    FailureClass.UNPLAYABLE: Message(
        PERSON,
        _(
            "The provider sent a file that is not a playable clip, again and again. It is paid; ask for it to be claimed."
        ),
        _CLIENT_NONE,
        _("Probe refused the file at every try."),
    ),
    FailureClass.QUARANTINED: Message(
        PERSON,
        _("This take stopped its worker three times and was set aside. The platform's staff have been told."),
        _CLIENT_NONE,
        _("Crash counter reached its limit."),
    ),
    FailureClass.CHARACTER_WITHDRAWN: Message(
        NOT_ALLOWED,
        _(
            "A character in this take may not be used any more: its rights were revoked or have ended, or the provider "
            "has lost it. Nothing was sent, and the price is back in the budget. Choose another character and submit "
            "again."
        ),
        _CLIENT_NONE,
        _("Stopped before it was sent. The character’s page says who revoked it and why."),
    ),
    FailureClass.PICTURE_GONE: Message(
        NOT_ALLOWED,
        _(
            "The image that this take was to open with was deleted or refused. Nothing was sent, and the price is back in "
            "the budget. Choose another image and submit again."
        ),
        _CLIENT_NONE,
        _("Stopped before it was sent. The image’s page says who deleted it, or why it was refused."),
    ),
    FailureClass.SOURCE_GONE: Message(
        NOT_ALLOWED,
        _(
            "The clip that this take starts from is gone, here and at the provider. Nothing was sent, and the price is "
            "back in the budget. Start from another take."
        ),
        _CLIENT_NONE,
        _("The parent’s original was deleted, and the provider’s copy, too."),
    ),
}
