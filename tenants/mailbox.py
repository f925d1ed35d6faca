"""Mail on a laptop: kept in the data folder and shown on a page, for nothing is really sent."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.utils import timezone

_KEEP = 200


@dataclass(frozen=True)
class StoredMail:
    at: datetime
    to: str
    subject: str
    body: str

    @property
    def links(self) -> list[str]:
        """The addresses that the text holds."""
        return re.findall(r"https?://[^\s>)]+", self.body)


def folder() -> Path:
    return Path(settings.DATA_DIR) / "mailbox"


class DevMailboxBackend(BaseEmailBackend):
    """Writes each message as one JSON file. Never used unless LAPTOP is on or it is asked for by name."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        folder().mkdir(parents=True, exist_ok=True)
        for message in email_messages:
            at = timezone.now()
            text = {
                "at": at.isoformat(),
                "to": ", ".join(message.to),
                "subject": message.subject,
                "body": message.body,
            }
            path = folder() / f"{at.strftime('%Y%m%dT%H%M%S.%f')}.json"
            path.write_text(json.dumps(text), encoding="utf-8")
        return len(email_messages)


def recent() -> list[StoredMail]:
    """The newest messages first, at most 200."""
    paths = sorted(folder().glob("*.json"), reverse=True)[:_KEEP]
    rows = [json.loads(path.read_text(encoding="utf-8")) for path in paths]
    return [StoredMail(datetime.fromisoformat(r["at"]), r["to"], r["subject"], r["body"]) for r in rows]
