"""Put the points into the steps. Only a worker of the chaos tests does this; the product has no such code."""

import functools
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from renders import ledger
from renders.models import Asset
from renders.providers.port import Status
from renders.providers.videos_api import VideosApi
from renders.steps import derive, fetch, forget, poll, purge, receipts, reconcile, submit
from tenants import papers, storage
from tenants.media import run as media
from tests.chaos.orders import Orders, die, die_in, kill_database

_here = threading.local()
_STEPS = {
    "suspect": (reconcile, "suspect"),
    "reconcile": (reconcile, "reconcile"),
    "poll": (poll, "poll"),
    "fetch": (fetch, "fetch"),
    "derive": (derive, "derive"),
    "forget": (forget, "forget"),
    "purge": (purge, "purge"),
}


class Hooks:
    """Wraps functions of the steps so that orders are carried out in front of them or behind them."""

    def __init__(self, orders: Orders) -> None:
        self.orders = orders
        self.data_dir = orders.data_dir

    def install(self) -> None:
        """Wrap everything."""
        for step, (module, name) in _STEPS.items():
            self._step(step, module, name)
        self._around(submit, "_claim", "submit.before_claim", "submit.before_intent_commit", only=bool)
        self._dispatch()
        self._around(submit, "_post", "submit.before_post", "submit.after_post", soon="submit.mid_post")
        self._around(submit, "_record", "", "submit.before_record_commit", last=True)
        self._around(reconcile, "doubt", "", "suspect.before_commit", last=True)
        self._around(reconcile, "_matches", "reconcile.before_scan", "reconcile.after_scan")
        self._around(reconcile, "_adopt", "", "reconcile.before_adopt_commit", only=bool, last=True)
        self._around(reconcile, "_replace", "", "reconcile.before_replace_commit")
        self._around(poll, "_ask", "poll.before_get", "poll.after_get", only=_is_complete)
        self._around(ledger, "settle", "poll.before_settle", "poll.after_settle")
        self._around(poll, "complete", "", "poll.before_commit", last=True)
        self._around(fetch, "_download", "fetch.before_download", "fetch.before_commit")
        self._around(storage, "keep", "fetch.before_put", "fetch.after_put")
        self._around(fetch, "move", "", "fetch.inside_commit", last=True)
        self._around(media, "derive", "derive.before_media", "derive.after_media", soon="derive.mid_media")
        self._around(derive, "_make", "", "derive.before_commit")
        self._around(derive, "_ready", "", "derive.inside_commit", last=True)
        self._around(VideosApi, "delete", "forget.before_delete", "forget.after_delete", last=True)
        self._mid_download()
        self._purge()

    def _dispatch(self) -> None:
        """A worker learns whose turn it is, and stands at that render from then on."""
        really_dispatch, really_claim = submit.dispatch, submit._claim

        def dispatch(account_id: Any, **kwargs: Any) -> Any:
            with _standing_at("submit", None):
                result = really_dispatch(account_id, **kwargs)
                if _here.is_last:
                    self.strike("submit.after_commit")
            return result

        def claim(render_id: Any) -> Any:
            _here.row = render_id
            return really_claim(render_id)

        submit.dispatch, submit._claim = dispatch, claim

    def _purge(self) -> None:
        """The steps of a deletion, from the tombstone to the receipt."""
        self._around(purge, "_claim", "purge.before_claim", "purge.after_claim", only=bool)
        self._around(purge, "_journal", "purge.before_journal", "purge.after_journal")
        self._around(VideosApi, "delete", "purge.before_delete", "purge.after_delete")
        self._around(purge, "_remove_files", "", "purge.before_receipt")
        self._around(storage, "remove", "purge.before_remove", "purge.after_remove")
        self._around(purge, "_remove_one", "", "purge.before_last_file", only=self._one_is_left)
        self._around(papers, "file_once", "", "purge.after_paper", only=_is_receipt)
        self._around(receipts, "_write_down", "", "purge.before_receipt_commit", last=True)

    def _one_is_left(self, _result: Any) -> bool:
        """Whether the original alone is still there: it goes last. Files whose bytes others share count as gone."""
        row = getattr(_here, "row", None)
        return (
            getattr(_here, "step", None) == "purge"
            and Asset.objects.to_purge().filter(render=row).count() == 1
        )

    def strike(self, point: str) -> None:
        """Die here if this row was ordered to, in this step; or let the database die."""
        if not self._is_mine(point):
            return
        if self.orders.take(f"database:{point}", _here.row):
            kill_database(self.data_dir)
        elif self.orders.take(point, _here.row):
            die()

    def _is_mine(self, point: str) -> bool:
        return bool(point) and point.partition(".")[0] == getattr(_here, "step", None)

    def _step(self, step: str, module: Any, name: str) -> None:
        inner = getattr(module, name)

        @functools.wraps(inner)
        def outer(org_id: Any, row: Any, **kwargs: Any) -> Any:
            with _standing_at(step, getattr(row, "pk", row)):
                result = inner(org_id, row, **kwargs)
                if _here.is_last:
                    self.strike(f"{step}.after_commit")
            return result

        setattr(module, name, outer)

    def _around(
        self,
        owner: Any,
        name: str,
        before: str,
        after: str,
        *,
        soon: str = "",
        only: Callable[[Any], bool] = lambda _result: True,
        last: bool = False,
    ) -> None:
        """`only`: results after which there is something to interrupt. `last`: what follows is the commit."""
        inner = getattr(owner, name)

        @functools.wraps(inner)
        def outer(*args: Any, **kwargs: Any) -> Any:
            self.strike(before)
            if self._is_mine(soon) and self.orders.take(soon, _here.row):
                die_in(0.4)
            result = inner(*args, **kwargs)
            if only(result):
                _here.is_last = last or getattr(_here, "is_last", False)
                self.strike(after)
            return result

        setattr(owner, name, outer)

    def _mid_download(self) -> None:
        inner = fetch._whole

        def outer(*args: Any) -> Iterator[bytes]:
            for chunk in inner(*args):
                yield chunk
                self.strike("fetch.mid_download")

        fetch._whole = outer


@contextmanager
def _standing_at(step: str, row: Any) -> Iterator[None]:
    _here.step, _here.row, _here.is_last = step, row, False
    try:
        yield
    finally:
        _here.step = None


def _is_receipt(paper: Any) -> bool:
    return str(paper.get("format", "")).startswith("dailies.deletion-receipt/")


def _is_complete(outcome: Any) -> bool:
    return getattr(outcome, "status", None) is Status.COMPLETED
