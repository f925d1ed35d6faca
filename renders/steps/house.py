"""What belongs to the platform itself: the signing key, its public copy, and the platform's own retention."""

import time
from datetime import timedelta
from pathlib import Path

import structlog
from django.conf import settings
from django.db import transaction

from tenants import signing
from tenants.retention import policy, run

log = structlog.get_logger(__name__)


def keep_house() -> None:
    """One round. Safe to repeat."""
    signing.write_local_copy()
    for rule in policy.rules().values():
        if rule.scope != "platform" or not rule.is_executed:
            continue
        gone = _old_files(rule) if rule.action == "local_files" else _old_rows(rule)
        if gone:
            log.info("retention_carried_out", rule=rule.name, rows=gone)


def _old_rows(rule: policy.Rule) -> int:
    held, total = policy.Held(rule, rule.period, is_on=True, is_own=False), 0
    while True:
        with transaction.atomic():
            gone = run.carry_out(held)
        total += gone
        if gone < run.CHUNK:
            return total


def _old_files(rule: policy.Rule) -> int:
    """Files of this machine's data folder, by the time that the file system gave them."""
    edge = time.time() - timedelta(days=rule.period).total_seconds()
    count = 0
    for path in (Path(settings.DATA_DIR) / rule.folder).glob(rule.files):
        if path.is_file() and path.stat().st_mtime < edge:
            path.unlink(missing_ok=True)
            count += 1
    return count
