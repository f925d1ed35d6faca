"""Try an account's connection without spending: read its list of models, and one line of its list of videos."""

from dataclasses import dataclass, field
from datetime import timedelta

import structlog
from django.db import transaction
from django.db.models.functions import Now

from renders.models import CheckFailure, ProviderAccount
from renders.providers.errors import (
    Ambiguous,
    Gone,
    ProviderError,
    RateLimited,
    Refused,
    Retired,
    Unreachable,
)
from renders.providers.port import Provider
from renders.steps.client import client

log = structlog.get_logger(__name__)

EVERY = timedelta(minutes=10)
AFTER_FAILURE = timedelta(minutes=1)
LEASE = timedelta(minutes=3)  # longer than both calls with their deadlines
MOST_MODELS, LONGEST_NAME = 1000, 80

WORDS = {
    CheckFailure.UNREACHABLE: "It cannot be reached. Check its address, and whether the provider is up.",
    CheckFailure.KEY_REFUSED: "It refuses our key. Set one that is valid.",
    CheckFailure.NO_VIDEO: "It knows our key, but does not let it use video. Ask for access, or look at the balance.",
    CheckFailure.BUSY: "It asked us to wait, so nothing is known of the key. It is tried again by itself.",
    CheckFailure.NONSENSE: "Its answer makes no sense. Check that the address is that of the API, such as …/v1.",
}


@dataclass(frozen=True)
class Finding:
    """What one check found. `models`: the provider's own list, empty when it keeps none."""

    models: list[str] = field(default_factory=list)
    failure: str = ""
    problem: str = ""


def check_account(account_id: int) -> None:
    """Try one account that is due, and write down what it said. Nothing is created, so nothing is charged."""
    due = ProviderAccount.objects.due_for_check().filter(pk=account_id)
    if not due.update(check_at=Now() + LEASE):
        return
    account = ProviderAccount.objects.get(pk=account_id)
    finding = _ask(account)
    if finding.failure:
        log.warning("account_check_failed", account=account.slug, failure=finding.failure)
    with transaction.atomic():
        _record(account, finding)


def _ask(account: ProviderAccount) -> Finding:
    models: list[str] = []
    try:
        with client(account) as provider:
            models = _models(provider)
            if account.capabilities.can_list:
                _look_at_videos(provider)
    except ProviderError as error:
        failure = _class_of(error)
        return Finding(models, failure, _words(account, failure, error))
    return Finding(models)


def _models(provider: Provider) -> list[str]:
    """The names that the provider lists; none when it has no such list, which says nothing against it."""
    try:
        found = provider.models()
    except Gone:
        return []
    return [name for name in dict.fromkeys(found) if len(name) <= LONGEST_NAME][:MOST_MODELS]


class _NoVideo(ProviderError):
    """The key opened the list of models, and not the videos."""


def _look_at_videos(provider: Provider) -> None:
    try:
        provider.list_videos(limit=1)
    except (Refused, Gone) as error:
        raise _NoVideo(str(error), status=error.status) from error


def _class_of(error: ProviderError) -> CheckFailure:
    match error:
        case Unreachable() | Ambiguous():
            return CheckFailure.UNREACHABLE
        case RateLimited():
            return CheckFailure.BUSY
        case _NoVideo() | Retired():
            return CheckFailure.NO_VIDEO
        case Refused() if error.reason == Refused.ACCESS:
            return CheckFailure.KEY_REFUSED
        case _:
            return CheckFailure.NONSENSE


def _words(account: ProviderAccount, failure: CheckFailure, error: ProviderError) -> str:
    """Our sentence, then the provider's; to a refused key some servers answer with a part of it, so not then."""
    said = " ".join(str(error).split())
    if failure == CheckFailure.KEY_REFUSED and error.status is not None:
        said = f"It answered {error.status}."
    return f"{WORDS[failure]} {account.without_key(said)}".strip()[:300]


def _record(account: ProviderAccount, finding: Finding) -> None:
    again = AFTER_FAILURE if finding.failure else EVERY
    seen = {"models_seen": finding.models, "models_seen_at": Now()} if finding.models else {}
    ProviderAccount.objects.filter(pk=account.pk).update(
        checked_at=Now(),
        check_at=Now() + again,
        check_failure=finding.failure,
        check_problem=finding.problem,
        **seen,
    )
    if not finding.models:
        return
    for offer in account.offers.all():
        is_missing = offer.name_on_the_wire not in finding.models
        if is_missing and offer.missing_since_at is None:
            log.warning("model_missing", account=account.slug, model=offer.name_on_the_wire)
            account.offers.filter(pk=offer.pk).update(missing_since_at=Now())
        elif not is_missing and offer.missing_since_at is not None:
            account.offers.filter(pk=offer.pk).update(missing_since_at=None)
