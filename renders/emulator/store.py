"""What the emulator remembers, in one SQLite file.

Write-ahead log with synchronous=NORMAL: a killed process loses nothing that was committed (only a power
cut could, and then only the last moments), and a commit costs microseconds.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from renders.emulator.batch_record import Batch, packed, unpacked
from renders.emulator.jobs import Job

_JSON = ("plan", "error", "quirks")
_COLUMNS = (
    "id", "key", "operation", "model", "size", "seconds", "prompt", "created_at", "accepted_wall", "plan",
    "status", "completed_at", "expires_at", "remixed_from", "error", "extensions", "digest", "quirks",
    "ended_progress", "deleted",
)  # fmt: skip

_SCHEMA = """
create table if not exists videos (
  seq integer primary key autoincrement, id text unique not null, key text not null, operation text not null,
  model text not null, size text not null, seconds text not null, prompt text not null,
  created_at integer not null, accepted_wall real not null, plan text not null, status text not null,
  completed_at integer, expires_at integer, remixed_from text, error text, extensions integer not null,
  digest text, quirks text not null, ended_progress integer, deleted integer not null default 0);
create index if not exists videos_by_key on videos (key, seq);
create index if not exists videos_by_prompt on videos (key, prompt);
create index if not exists videos_by_digest on videos (digest);
create table if not exists invoice (
  seq integer primary key autoincrement, video_id text not null, key text not null, operation text not null,
  model text not null, size text not null, seconds integer not null, cost_microusd integer not null,
  prompt_sha256 text not null, created_at integer not null);
create table if not exists characters (
  id text primary key, key text not null, name text not null, created_at integer not null, file text not null);
create table if not exists files (id text primary key, name text not null);
create table if not exists api_files (
  id text primary key, key text not null, purpose text not null, filename text not null, name text not null,
  bytes integer not null, created_at integer not null);
create table if not exists batches (
  seq integer primary key autoincrement, id text unique not null, key text not null, body text not null,
  quirks text not null, accepted_wall real not null, ended integer not null);
create table if not exists batch_lines (
  batch_id text not null, custom_id text not null, video_id text not null, primary key (batch_id, custom_id));
create table if not exists endpoints (
  id text primary key, url text not null, secret text not null, key text, source text not null);
create table if not exists deliveries (
  seq integer primary key autoincrement, webhook_id text not null, event_id text not null, video_id text not null,
  endpoint_id text not null, body text not null, status text not null, attempts integer not null,
  first_wall real not null, next_wall real not null, last_result text);
create table if not exists settings (name text primary key, value text not null);
"""


class Store:
    """Synchronous on purpose: every call takes well under a millisecond, and one thread owns the file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.media, self.uploads = folder / "media", folder / "uploads"
        for path in (folder, self.media, self.uploads):
            path.mkdir(parents=True, exist_ok=True)
        for scratch in self.media.glob(".*"):
            scratch.unlink(missing_ok=True)
        self._db = sqlite3.connect(folder / "emulator.sqlite3", isolation_level=None)
        self._db.row_factory = sqlite3.Row
        self._db.execute("pragma journal_mode = wal")
        self._db.execute("pragma synchronous = normal")
        self._db.executescript(_SCHEMA)

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def rows(self, sql: str, values: Iterable[Any] = ()) -> list[dict[str, Any]]:
        """All rows of a query."""
        return [dict(row) for row in self._db.execute(sql, tuple(values)).fetchall()]

    def run(self, sql: str, values: Iterable[Any] = ()) -> int:
        """One statement; returns the number of rows that it touched."""
        return self._db.execute(sql, tuple(values)).rowcount

    # --- videos -------------------------------------------------------------------------------------

    def accept(self, job: Job, billed_seconds: int, cost_microusd: int) -> None:
        """Job and charge in one transaction: what is accepted is billed, and nothing else is."""
        digest = hashlib.sha256(job.prompt.encode()).hexdigest()
        self._db.execute("begin immediate")
        try:
            marks = ", ".join("?" * len(_COLUMNS))
            self._db.execute(f"insert into videos ({', '.join(_COLUMNS)}) values ({marks})", _packed(job))  # noqa: S608
            self._db.execute(
                "insert into invoice (video_id, key, operation, model, size, seconds, cost_microusd, prompt_sha256,"
                " created_at) values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    job.id,
                    job.key,
                    job.operation,
                    job.model,
                    job.size,
                    billed_seconds,
                    cost_microusd,
                    digest,
                    job.created_at,
                ),
            )
            self._db.execute("commit")
        except BaseException:
            self._db.execute("rollback")
            raise

    def save(self, job: Job) -> None:
        """Write a changed job back."""
        sets = ", ".join(f"{name} = ?" for name in _COLUMNS)
        self._db.execute(f"update videos set {sets} where id = ?", (*_packed(job), job.id))  # noqa: S608

    def job(self, video_id: str) -> Job | None:
        """A job by id, deleted ones too."""
        found = self.rows("select * from videos where id = ?", (video_id,))
        return _unpacked(found[0]) if found else None

    def pending(self) -> list[Job]:
        """Jobs that a restart has to take up again."""
        return [
            _unpacked(row)
            for row in self.rows(
                "select * from videos where status in ('queued', 'in_progress') order by seq"
            )
        ]

    def page(self, key: str, after: str | None, descending: bool, start: int, count: int) -> list[Job]:
        """``count`` jobs of a key from ``start`` on, behind the job ``after``; deleted ones still mark a place."""
        sql, values = "select * from videos where key = ? and deleted = 0", [key, *([after] if after else [])]
        if after:
            sql += " and seq < " if descending else " and seq > "
            sql += "(select seq from videos where id = ?)"
        sql += " order by seq desc" if descending else " order by seq asc"
        sql += " limit ? offset ?"
        return [_unpacked(row) for row in self.rows(sql, [*values, count, start])]

    def takes(self, key: str, prompt: str) -> int:
        """How many videos of this prompt the key has asked for so far."""
        found = self.rows("select count(*) as n from videos where key = ? and prompt = ?", (key, prompt))
        return int(found[0]["n"])

    def tidy(self, before: float) -> None:
        """Remove the files of videos whose content expired before a moment, unless a later one shows them too."""
        rows = self.rows(
            "select digest from videos where digest is not null group by digest having max(expires_at) < ?",
            (before,),
        )
        for row in rows:
            for path in self.media.glob(f"{row['digest']}.*"):
                path.unlink(missing_ok=True)

    def is_used(self, digest: str) -> bool:
        """Whether any video that is not deleted still shows these files."""
        return bool(self.rows("select 1 from videos where digest = ? and deleted = 0 limit 1", (digest,)))

    # --- files and batches --------------------------------------------------------------------------

    def add_api_file(self, key: str, purpose: str, filename: str, data: bytes, created_at: int) -> str:
        """Store a file of the files API; returns its id. An image of it can be an ``input_reference``."""
        file_id, name = f"file-{secrets.token_hex(12)}", self.keep_upload(data, ".bin")
        self.run(
            "insert into api_files values (?, ?, ?, ?, ?, ?, ?)",
            (file_id, key, purpose, filename[:200], name, len(data), created_at),
        )
        self.run("insert into files values (?, ?)", (file_id, name))
        return file_id

    def api_file(self, file_id: str, key: str) -> dict[str, Any] | None:
        """A file that this key may see."""
        found = self.rows("select * from api_files where id = ? and key = ?", (file_id, key))
        return found[0] if found else None

    def file_bytes(self, row: dict[str, Any]) -> bytes:
        """What a file holds."""
        return (self.uploads / row["name"]).read_bytes()

    def add_batch(self, batch: Batch) -> None:
        """A new row."""
        self.run(
            "insert into batches (id, key, body, quirks, accepted_wall, ended) values (?, ?, ?, ?, ?, ?)",
            packed(batch),
        )

    def save_batch(self, batch: Batch) -> None:
        """Write a changed batch back. Raises LookupError when its row is gone."""
        _id, _key, body, quirks, _wall, ended = packed(batch)
        sql = "update batches set body = ?, quirks = ?, ended = ? where id = ?"
        if not self.run(sql, (body, quirks, ended, batch.id)):
            raise LookupError(batch.id)

    def batch(self, batch_id: str) -> Batch | None:
        """A batch by id."""
        found = self.rows("select * from batches where id = ?", (batch_id,))
        return unpacked(found[0]) if found else None

    def batches(self, key: str) -> list[Batch]:
        """All batches of a key, newest first."""
        return [
            unpacked(row)
            for row in self.rows("select * from batches where key = ? order by seq desc", (key,))
        ]

    def batches_under_way(self) -> list[Batch]:
        """Batches that a restart has to take up again."""
        return [unpacked(row) for row in self.rows("select * from batches where ended = 0 order by seq")]

    def add_line(self, batch_id: str, custom_id: str, video_id: str) -> None:
        """Remember which job a line became."""
        self.run("insert into batch_lines values (?, ?, ?)", (batch_id, custom_id, video_id))

    def line_job(self, batch_id: str, custom_id: str) -> Job | None:
        """The job that a line became; None when it has none yet."""
        found = self.rows(
            "select video_id from batch_lines where batch_id = ? and custom_id = ?", (batch_id, custom_id)
        )
        return self.job(found[0]["video_id"]) if found else None

    # --- the rest -----------------------------------------------------------------------------------

    def keep_upload(self, data: bytes, ending: str) -> str:
        """Store bytes under their hash; returns the file's name in the uploads folder."""
        path = self.uploads / f"{hashlib.sha256(data).hexdigest()}{ending}"
        if not path.exists():
            scratch = path.with_suffix(f".{secrets.token_hex(4)}.part")
            scratch.write_bytes(data)
            scratch.replace(path)
        return path.name

    def keep_source(self, digest: str) -> str:
        """A second name for a clip's file, so that deleting the parent cannot break its extension. Name as above."""
        path = self.uploads / f"source-{digest}.mp4"
        if not path.exists():
            try:
                os.link(self.media / f"{digest}.mp4", path)
            except OSError:
                # Not every file system has hard links.
                shutil.copyfile(self.media / f"{digest}.mp4", path)
        return path.name

    def setting(self, name: str, default: str) -> str:
        """A remembered value."""
        found = self.rows("select value from settings where name = ?", (name,))
        return str(found[0]["value"]) if found else default

    def remember(self, name: str, value: str) -> None:
        """Remember a value."""
        self.run(
            "insert into settings values (?, ?) on conflict (name) do update set value = excluded.value",
            (name, value),
        )

    def wipe(self) -> None:
        """Forget everything but the endpoints of the command line, and remove the media."""
        for table in (
            "videos",
            "invoice",
            "characters",
            "files",
            "api_files",
            "batches",
            "batch_lines",
            "deliveries",
            "settings",
        ):
            self.run(f"delete from {table}")  # noqa: S608 - names from the line above
        self.run("delete from endpoints where source <> 'cli'")
        for folder in (self.media, self.uploads):
            for path in folder.iterdir():
                path.unlink(missing_ok=True)


def _packed(job: Job) -> tuple[Any, ...]:
    values = []
    for name in _COLUMNS:
        value = getattr(job, name)
        if name in _JSON:
            value = None if value is None else json.dumps(value)
        values.append(value)
    return tuple(values)


def _unpacked(row: dict[str, Any]) -> Job:
    fields = {name: row[name] for name in _COLUMNS}
    for name in _JSON:
        fields[name] = None if fields[name] is None else json.loads(fields[name])
    fields["deleted"] = bool(fields["deleted"])
    return Job(**fields)
