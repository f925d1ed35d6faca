"""A web server for one page: static files, the clip with Range, and the product's content policy."""

import mimetypes
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; media-src 'self'; font-src 'self'; connect-src 'self'"


class Handler(BaseHTTPRequestHandler):
    pages: dict[str, bytes]
    files: Path

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path in self.pages:
            self.answer(200, self.pages[path], "text/html; charset=utf-8")
            return
        folder = ROOT if path.startswith("/static/") else self.files
        file = (folder / path.lstrip("/")).resolve()
        if folder.resolve() not in file.parents or not file.is_file():
            self.answer(404, b"", "text/plain")
            return
        self.answer_range(file.read_bytes(), mimetypes.guess_type(file.name)[0] or "application/octet-stream")

    def do_POST(self) -> None:
        """/slow takes its time and leaves the page where it is; anything else fails, for the tests of failure."""
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path == "/slow":
            time.sleep(0.4)
        self.answer(204 if self.path == "/slow" else 500, b"", "text/plain")

    def answer_range(self, body: bytes, kind: str) -> None:
        asked = self.headers.get("Range", "")
        if not asked.startswith("bytes="):
            self.answer(200, body, kind)
            return
        first, _, last = asked.removeprefix("bytes=").partition("-")
        start, end = int(first), min(int(last or len(body) - 1), len(body) - 1)
        self.answer(206, body[start : end + 1], kind, {"Content-Range": f"bytes {start}-{end}/{len(body)}"})

    def answer(self, status: int, body: bytes, kind: str, more: dict[str, str] | None = None) -> None:
        self.send_response(status)
        headers = {
            "Content-Type": kind,
            "Cache-Control": "max-age=600",
            "Content-Length": str(len(body)),
            "Accept-Ranges": "bytes",
        }
        for name, value in {**headers, "Content-Security-Policy": POLICY, **(more or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Quiet: pytest's output is for results."""


@contextmanager
def serving(pages: dict[str, str], files: Path) -> Iterator[str]:
    encoded = {path: html.encode() for path, html in pages.items()}
    handler = type("OnePage", (Handler,), {"pages": encoded, "files": files})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
