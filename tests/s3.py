"""A small S3 server on loopback: real boto3 speaks to it. Versioning, and the refusals that matter, can be switched.

It knows what our storage asks for (PUT, GET with ranges, HEAD, DELETE, the two listings) and nothing more.
"""

import hashlib
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

BUCKET = "clips"


@dataclass
class Version:
    id: str
    data: bytes | None  # None: a delete marker


@dataclass
class Bucket:
    """What the server holds, the newest version of each key last, and how it misbehaves."""

    is_versioned: bool = False
    may_list_versions: bool = True
    may_delete_versions: bool = True
    # Answer 500 to calls of these methods, so many times.
    failing: dict[str, int] = field(default_factory=dict)
    versions: dict[str, list[Version]] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    url: str = ""

    def put(self, key: str, data: bytes | None) -> None:
        made = Version(uuid.uuid4().hex if self.is_versioned else "null", data)
        known = self.versions.setdefault(key, [])
        if not self.is_versioned:
            known.clear()
        known.append(made)

    def newest(self, key: str) -> bytes | None:
        known = self.versions.get(key)
        return known[-1].data if known else None

    def delete(self, key: str, version: str) -> None:
        if version:
            self.versions[key] = [v for v in self.versions.get(key, []) if v.id != version]
        elif self.is_versioned:
            self.put(key, None)
        else:
            self.versions.pop(key, None)
        if not self.versions.get(key):
            self.versions.pop(key, None)

    def holds(self, needle: bytes) -> list[str]:
        """Keys of which any version has these bytes."""
        return [k for k, all_ in self.versions.items() if any(v.data and needle in v.data for v in all_)]


def _handler(bucket: Bucket) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_args: object) -> None:
            """Quiet."""

        def _parts(self) -> tuple[str, dict[str, str]]:
            found = urlsplit(self.path)
            key = unquote(found.path).removeprefix(f"/{BUCKET}").removeprefix("/")
            query = {k: v[0] for k, v in parse_qs(found.query, keep_blank_values=True).items()}
            return key, query

        def _send(self, status: int, body: bytes = b"", **headers: str) -> None:
            self.send_response(status)
            for name, value in {"Content-Type": "application/xml", **headers}.items():
                self.send_header(name.replace("_", "-"), value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def _error(self, status: int, code: str) -> None:
            self._send(status, f"<Error><Code>{code}</Code><Message>{code}</Message></Error>".encode())

        def _fails(self) -> bool:
            bucket.calls.append(f"{self.command} {self.path}")
            if bucket.failing.get(self.command, 0) <= 0:
                return False
            bucket.failing[self.command] -= 1
            self._error(500, "InternalError")
            return True

        def do_PUT(self) -> None:
            data = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            if self._fails():
                return
            bucket.put(self._parts()[0], data)
            self._send(200, ETag=f'"{hashlib.md5(data).hexdigest()}"')

        def do_DELETE(self) -> None:
            key, query = self._parts()
            if self._fails():
                return
            if "versionId" in query and not bucket.may_delete_versions:
                self._error(403, "AccessDenied")
                return
            bucket.delete(key, query.get("versionId", ""))
            self._send(204)

        def do_HEAD(self) -> None:
            self._object()

        def do_GET(self) -> None:
            key, query = self._parts()
            if key:
                self._object()
            elif self._fails():
                return
            elif "versions" in query:
                self._versions(query)
            else:
                self._list(query)

        def _object(self) -> None:
            if self._fails():
                return
            data = bucket.newest(self._parts()[0])
            if data is None:
                self._error(404, "NoSuchKey")
                return
            size = len(data)
            asked = self.headers.get("Range", "")
            if asked.startswith("bytes="):
                first, _dash, last = asked.removeprefix("bytes=").partition("-")
                begin, end = int(first), min(int(last or size - 1) + 1, size)
                head = {"Content_Range": f"bytes {begin}-{end - 1}/{size}"}
                self._send(206, data[begin:end], **head, Content_Type="video/mp4", ETag='"x"')
            else:
                stamp = "Wed, 21 Oct 2026 07:28:00 GMT"
                self._send(200, data, Content_Type="video/mp4", ETag='"x"', Last_Modified=stamp)

        def _versions(self, query: dict[str, str]) -> None:
            if not bucket.may_list_versions:
                self._error(403, "AccessDenied")
                return
            rows = []
            for key, all_ in sorted(bucket.versions.items()):
                if not key.startswith(query.get("prefix", "")):
                    continue
                for version in all_:
                    tag = "Version" if version.data is not None else "DeleteMarker"
                    rows.append(f"<{tag}><Key>{escape(key)}</Key><VersionId>{version.id}</VersionId></{tag}>")
            body = f"<ListVersionsResult><IsTruncated>false</IsTruncated>{''.join(rows)}</ListVersionsResult>"
            self._send(200, body.encode())

        def _list(self, query: dict[str, str]) -> None:
            prefix, cut = query.get("prefix", ""), query.get("delimiter", "")
            files, folders = [], set()
            for key in sorted(bucket.versions):
                if not key.startswith(prefix) or bucket.newest(key) is None:
                    continue
                rest = key[len(prefix) :]
                if cut and cut in rest:
                    folders.add(prefix + rest.split(cut)[0] + cut)
                else:
                    files.append(key)
            body = "".join(f"<Contents><Key>{escape(k)}</Key><Size>1</Size></Contents>" for k in files)
            body += "".join(
                f"<CommonPrefixes><Prefix>{escape(f)}</Prefix></CommonPrefixes>" for f in sorted(folders)
            )
            text = f"<ListBucketResult><IsTruncated>false</IsTruncated>{body}</ListBucketResult>"
            self._send(200, text.encode())

    return Handler


@contextmanager
def serving(**how: bool) -> Iterator[Bucket]:
    """The bucket, while its server runs."""
    bucket = Bucket(**how)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(bucket))
    server.daemon_threads = True
    bucket.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield bucket
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


def storages(bucket: Bucket) -> dict[str, dict[str, object]]:
    """The setting STORAGES that leads to it."""
    return {
        "default": {
            "BACKEND": "storages.backends.s3.S3Storage",
            "OPTIONS": {
                "bucket_name": BUCKET,
                "endpoint_url": bucket.url,
                "region_name": "us-east-1",
                "access_key": "test",
                "secret_key": "test",
                "addressing_style": "path",
                "file_overwrite": True,
            },
        },
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
