"""Browser files that other people wrote: fetch them as pinned, or prove that nobody touched them.

    python scripts/vendor.py --check   offline: every file still has the sha256 of VENDOR.json
    python scripts/vendor.py           fetch the pinned versions again (needs the npm client)
    python scripts/vendor.py --pin     the same after editing a version: accept and record its integrity

To upgrade: change "version" in static/vendor/VENDOR.json, run with --pin, read the diff, run the browser tests.
"""

import argparse
import base64
import hashlib
import json
import re
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

VENDOR = Path(__file__).resolve().parent.parent / "static" / "vendor"
MANIFEST = VENDOR / "VENDOR.json"
SPRITE = "icons.svg"


class VendorError(Exception):
    """What is wrong and what to do, in one sentence for the terminal."""


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def integrity(archive: Path) -> str:
    return "sha512-" + base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()


def check(manifest: dict) -> list[str]:
    """Every difference between the folder and the manifest, as sentences; empty when all is well."""
    known = {name: digest for package in manifest["packages"] for name, digest in package["sha256"].items()}
    present = {
        path.relative_to(VENDOR).as_posix()
        for path in VENDOR.rglob("*")
        if path.is_file() and path != MANIFEST
    }
    problems = [f"{name} is missing" for name in sorted(known.keys() - present)]
    problems += [f"{name} is not in VENDOR.json" for name in sorted(present - known.keys())]
    for name in sorted(known.keys() & present):
        if sha256(VENDOR / name) != known[name]:
            problems.append(f"{name} differs from its sha256")
    return problems


def fetch(package: dict, *, pin: bool) -> None:
    """Download one package through the npm client and write the files that the manifest names."""
    with tempfile.TemporaryDirectory() as folder:
        archive = download(f"{package['name']}@{package['version']}", Path(folder))
        found = integrity(archive)
        if not pin and found != package["integrity"]:
            raise VendorError(
                f"{package['name']} {package['version']} is not the archive that was pinned; "
                "if you changed the version, run again with --pin."
            )
        package["integrity"] = found
        with tarfile.open(archive) as tar:
            written = [write(tar, source, target) for target, source in package["files"].items()]
            if "icons" in package:
                written.append(write_sprite(tar, package["icons"]))
    package["sha256"] = {name: sha256(VENDOR / name) for name in written}


def download(spec: str, folder: Path) -> Path:
    command = ["npm", "pack", spec, "--silent", "--pack-destination", str(folder)]
    result = subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603
    archives = list(folder.glob("*.tgz"))
    if result.returncode or len(archives) != 1:
        raise VendorError(f"npm could not fetch {spec}: {result.stderr.strip()[-400:]}")
    return archives[0]


def read(tar: tarfile.TarFile, source: str) -> bytes:
    try:
        member = tar.extractfile(f"package/{source}")
    except KeyError:
        member = None
    if member is None:
        raise VendorError(f"The package has no {source}; look for its new name and edit VENDOR.json.")
    return member.read()


def write(tar: tarfile.TarFile, source: str, target: str) -> str:
    path = VENDOR / target
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(read(tar, source))
    return target


def write_sprite(tar: tarfile.TarFile, names: list[str]) -> str:
    """One file for all icons: one request, cached for good, coloured by the text around it."""
    symbols = [symbol(name, read(tar, f"icons/{name}.svg").decode()) for name in sorted(names)]
    body = "\n".join(symbols)
    (VENDOR / SPRITE).write_text(f'<svg xmlns="http://www.w3.org/2000/svg">\n{body}\n</svg>\n')
    return SPRITE


def symbol(name: str, source: str) -> str:
    inner = re.search(r"<svg[^>]*>(.*)</svg>", source, re.DOTALL)
    if inner is None:
        raise VendorError(f"The icon {name} is not the SVG that was expected.")
    shapes = re.sub(r"\s+", " ", inner.group(1)).replace("> <", "><").strip()
    return f'<symbol id="{name}" viewBox="0 0 24 24">{shapes}</symbol>'


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--check", action="store_true", help="offline: compare the files with VENDOR.json")
    parser.add_argument("--pin", action="store_true", help="accept and record what is fetched")
    options = parser.parse_args()
    manifest = json.loads(MANIFEST.read_text())
    try:
        if not options.check:
            for package in manifest["packages"]:
                fetch(package, pin=options.pin)
            MANIFEST.write_text(json.dumps(manifest, indent=2) + "\n")
    except (VendorError, FileNotFoundError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    problems = check(manifest)
    for problem in problems:
        sys.stderr.write(f"static/vendor: {problem}; run scripts/vendor.py to fetch it again.\n")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
