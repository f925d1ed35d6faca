"""Open a client for a provider account, outside any transaction."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

from renders.models import ProviderAccount
from renders.providers.errors import Refused
from renders.providers.port import Provider
from renders.providers.videos_api import VideosApi
from renders.providers.wire import PictureAs, Wire
from tenants.secrets import SecretUnreadable


class InTransaction(RuntimeError):
    """A network call was about to be made while a transaction is open: it would hold locks for minutes."""


def refuse_in_transaction() -> None:
    """Raises InTransaction when a transaction is open on this thread."""
    if connection.in_atomic_block:
        raise InTransaction("End the transaction before you call a provider.")


def _key(account: ProviderAccount) -> str:
    """The key in clear. Without one nothing is sent, and the account waits for staff: no render fails by it."""
    try:
        key = account.api_key
    except SecretUnreadable as error:
        raise Refused(str(error), reason=Refused.ACCESS) from error
    if not key:
        raise Refused("No key is set for this account.", reason=Refused.ACCESS)
    return key


@contextmanager
def client(account: ProviderAccount) -> Iterator[Provider]:
    """The account's provider. Raises what renders.providers.errors names."""
    refuse_in_transaction()
    can = account.capabilities
    wire = Wire(
        creates_as_json=can.creates_as_json,
        takes_characters=can.takes_characters,
        takes_pictures=can.can_reference,
        picture_as=PictureAs(can.picture_as),
    )
    provider = VideosApi(base_url=account.base_url, api_key=_key(account), wire=wire)
    try:
        yield provider
    finally:
        provider.close()
