"""A clip looked into by the subprocess, and the library with 100 and with 100,000 characters."""

import json
import multiprocessing
import os
import random
import subprocess
import sys
import tempfile
import time
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from PIL import Image, ImageDraw

from benchmarks.harness import ROOT, ROUNDS, Section, interleaved, p50, spread, verdict
from benchmarks.inside import Count, counted, database

FEW, MANY = 100, 100_000
REPEATS = 5  # requests per round and page
CPU_GOAL, MEMORY_GOAL = 2.0, 300  # seconds, MB


def main() -> None:
    """Both figures, one after the other."""
    section = Section(
        "characters",
        f"a clip's check in its subprocess; the library with {FEW} and {MANY:,} characters",
        ("what", "statements", "figure", "second figure", "goal"),
    )
    with tempfile.TemporaryDirectory() as folder:
        _checks(section, Path(folder))
    with database():
        _library(section)
    section.write()


_DECODE = """
import json, sys, av
with av.open(sys.argv[1]) as container:
    video = container.streams.video[0]
    video.codec_context.thread_count, video.thread_type = 2, "AUTO"
    print(json.dumps({"frames": sum(1 for frame in container.decode(video))}))
"""


def _clip(path: Path, width: int, height: int, fps: int, seconds: float, quality: str = "23") -> None:
    """A clip that is hard to compress, as a camera's is: grain, and something that moves."""
    chance = random.Random(1)
    grain = [
        Image.frombytes("L", (width // 4, height // 4), chance.randbytes(width * height // 16))
        for _ in range(4)
    ]
    grain = [picture.resize((width, height)) for picture in grain]
    with av.open(str(path), "w") as made:
        stream = made.add_stream("libx264", rate=fps, options={"preset": "veryfast", "crf": quality})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for number in range(round(seconds * fps)):
            picture = Image.blend(
                grain[number % 4].convert("RGB"), Image.new("RGB", (width, height), (90, 140, 120)), 0.8
            )
            at = number * 5 % width
            ImageDraw.Draw(picture).ellipse(
                (at, height // 3, at + height // 3, height * 2 // 3), fill=(200, 90, 40)
            )
            frame = av.VideoFrame.from_image(picture)
            frame.pts, frame.time_base = number, Fraction(1, fps)
            made.mux(stream.encode(frame))
        made.mux(stream.encode(None))


def _elsewhere(make: Any, *arguments: Any) -> None:
    """In a process of its own: a child begins with its parent's largest memory as its own."""
    process = multiprocessing.get_context("spawn").Process(target=make, args=arguments)
    process.start()
    process.join()
    assert process.exitcode == 0


def _checks(section: Section, folder: Path) -> None:
    cases = {
        "4 s, 1080p, 30 a second, 17 Mbit/s, as a phone writes": (1920, 1080, 30, "26", "", True),
        "4 s, 1080p, 30 a second, 24 Mbit/s": (1920, 1080, 30, "23", "", True),
        "4 s, 1080p, 30 a second, 24 Mbit/s, faces looked for": (1920, 1080, 30, "23", "opencv", True),
        "4 s, 1080p, 30 a second, 34 Mbit/s": (1920, 1080, 30, "20", "", True),
        "4 s, 1080p, 60 a second, 40 Mbit/s": (1920, 1080, 60, "23", "", False),
        "4 s, 720p, 30 a second, 12 Mbit/s": (1280, 720, 30, "23", "", True),
    }
    memory: dict[str, list[float]] = {name: [] for name in cases}
    contestants = {}
    for name, (width, height, fps, quality, detector, _has_goal) in cases.items():
        path = folder / f"{width}-{fps}-{quality}.mp4"
        if not path.exists():
            _elsewhere(_clip, path, width, height, fps, 4.0, quality)
        contestants[name] = _timed(
            [sys.executable, "-m", "tenants.media.worker", "inspect", str(path), str(folder), detector],
            memory[name],
        )
    for name in [name for name, case in cases.items() if case[:2] == (1920, 1080) and not case[4]]:
        width, _height, fps, quality, *_rest = cases[name]
        path = folder / f"{width}-{fps}-{quality}.mp4"
        bare = f"{name}; decoding and nothing else"
        cases[bare], memory[bare] = (*cases[name][:5], False), []
        contestants[bare] = _timed([sys.executable, "-c", _DECODE, str(path)], memory[bare])
    figures = interleaved(contestants)
    for name, values in figures.items():
        met = p50(values) <= CPU_GOAL and max(memory[name]) <= MEMORY_GOAL
        goal = f"≤ {CPU_GOAL:.0f} s, ≤ {MEMORY_GOAL} MB: {verdict(met)}" if cases[name][-1] else "none"
        section.row(
            f"check of a clip: {name}",
            "–",
            spread(values, "s CPU", 2),
            spread(memory[name], "MB", 0),
            goal,
        )
    section.notes.append(
        "A check is one subprocess from its start to its end: Python and FFmpeg loaded, every frame decoded, the small copy "
        "for pages and its first picture written. Its processor time and its largest memory are the kernel's own figures "
        "(wait4). The clips are grainy, as a camera’s are; a phone writes 10 to 20 Mbit/s. "
        "Beside decoding itself, which is the check, hardly anything is left to save. 60 a second are twice the pictures."
    )


def _timed(command: list[str], memory: list[float]) -> Any:
    def once() -> float:
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE)
        answer = json.loads(process.stdout.read())  # type: ignore[union-attr]
        _pid, _status, usage = os.wait4(process.pid, 0)
        assert answer["frames"], answer
        memory.append(usage.ru_maxrss / 1024)
        return usage.ru_utime + usage.ru_stime

    return once


_FILL = """
INSERT INTO characters_character (id, org_id, kind, name, look, dos, donts, rights_holder, rights_evidence, state,
  state_at, version, note, created_by_id, created_at)
SELECT gen_random_uuid(), %(org)s, (ARRAY['mascot','product','prop','animal'])[1 + n %% 4], 'Thing ' || n, 'Round', '',
  '', 'Acme', 'Contract', 'draft', now(), 0, '', %(by)s, now() - n * interval '1 second'
FROM generate_series(1, %(rows)s) AS n;
INSERT INTO characters_characterword (id, org_id, character_id, word)
SELECT gen_random_uuid(), c.org_id, c.id, word FROM characters_character c, unnest(string_to_array(lower(c.name), ' ')) AS word
WHERE c.org_id = %(org)s;
INSERT INTO characters_clip (id, org_id, character_id, number, origin, cut, facts, likeness, doubt, likeness_reason,
  attested_name, attested_text, created_by_id, created_at)
SELECT gen_random_uuid(), org_id, id, 1, 'upload', '{}', %(facts)s, 'none', '', '', '', '', %(by)s, now()
FROM characters_character WHERE org_id = %(org)s;
UPDATE characters_character c SET clip_id = k.id, approved_by_id = %(by)s, approved_at = now(),
  state = (ARRAY['registered','validated','approved','draft'])[1 + (substr(c.name, 7)::int) %% 4]
FROM characters_clip k WHERE k.character_id = c.id AND c.org_id = %(org)s;
INSERT INTO characters_characterfile (id, org_id, character_id, clip_id, kind, sha256, size_bytes, storage_key,
  content_type, created_at)
SELECT gen_random_uuid(), k.org_id, k.character_id, k.id, kind, repeat('0', 64), 1, 'x', 'video/mp4', now()
FROM characters_clip k, unnest(ARRAY['source','preview','poster']) AS kind WHERE k.org_id = %(org)s;
"""


class Library:
    """An agency with so many characters, each with a clip and its files."""

    def __init__(self, cast: Any, slug: str, rows: int) -> None:
        from django.db import connection

        from tenants.actions.agencies import create_agency
        from tests.cast import browser
        from tests.characters_kit import FACTS

        self.slug = slug
        self.browser = browser(cast.amara)
        self.browser.defaults["HTTP_HOST"] = "localhost"
        agency = create_agency(name=slug, slug=slug, by=cast.amara)
        values = {"org": str(agency.pk), "by": cast.amara.pk, "rows": rows, "facts": json.dumps(FACTS)}
        with cast.at(agency), connection.cursor() as cursor:
            cursor.execute(_FILL, values)
        with cast.at(agency):
            from characters.models import Character

            found = Character.objects.order_by("created_at")[rows // 2]
            self.middle = f"?before={found.created_at.isoformat().replace('+', '%2B')}_{found.pk}"

    def get(self, query: str) -> float:
        """Milliseconds of the quickest of a few requests."""
        times = []
        for _ in range(REPEATS):
            began = time.perf_counter()
            answer = self.browser.get(f"/a/{self.slug}/characters/{query}")
            times.append((time.perf_counter() - began) * 1000)
            assert answer.status_code == 200, answer.status_code
        return min(times)

    def statements(self, query: str) -> int:
        """How many one request takes."""
        count = Count()
        with counted(count):
            self.browser.get(f"/a/{self.slug}/characters/{query}")
        return count.statements


def _library(section: Section) -> None:
    from django.db import connection

    from config.postgres.setup import as_owner
    from tests.cast import assemble

    cast = assemble()
    few, many = Library(cast, "few", FEW), Library(cast, "many", MANY)
    # As autovacuum does within a minute of so many rows; only the owner of a table may.
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    pages = {
        "first page": ("", ""),
        "a page from the middle": (few.middle, many.middle),
        "one state": ("?state=validated", "?state=validated"),
        "one kind": ("?kind=prop", "?kind=prop"),
        "the word of all names": ("?q=thing", "?q=thing"),
        "two words of some names": ("?q=Thing 7", "?q=Thing 7"),
        "one name": ("?q=thing 77", "?q=thing 77777"),
        "a name that is nowhere": ("?q=zzz", "?q=zzz"),
    }
    for name, (at_few, at_many) in pages.items():
        figures = interleaved({"few": lambda at=at_few: few.get(at), "many": lambda at=at_many: many.get(at)})
        counts = few.statements(at_few), many.statements(at_many)
        ratio = p50(figures["many"]) / p50(figures["few"])
        section.row(
            f"library: {name}",
            f"{counts[0]} → {counts[1]}",
            spread(figures["few"], f"ms, {FEW}"),
            spread(figures["many"], f"ms, {MANY:,} ({ratio:.2f} ×)"),
            f"≤ 10, the same: {verdict(counts[1] <= min(10, counts[0]))}",
        )
    section.notes.append(
        f"The library through Django's test client in one process; each figure is the quickest of {REPEATS} requests, in "
        f"{ROUNDS} rounds. Every page shows 24 characters at most. A name is looked for by the beginnings of its words, which "
        "are kept in a table of their own."
    )


if __name__ == "__main__":
    main()
