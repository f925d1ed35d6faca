"""Where the browser's files and our templates are."""

import gzip
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
STATIC = ROOT / "static"
VENDOR = STATIC / "vendor"
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
OWN_CSS = sorted((STATIC / "css").rglob("*.css"))
OWN_JS = sorted((STATIC / "js").rglob("*.js"))


def gzipped(paths: list[Path]) -> int:
    """Bytes on the wire when each file is compressed by itself, as it is served."""
    return sum(len(gzip.compress(path.read_bytes(), 9)) for path in paths)
