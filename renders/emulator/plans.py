"""From a request to a plan (what a job will look like), and from a plan to the spec of its clip."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from renders.emulator.jobs import Job
from renders.emulator.media.spec import Chord, ClipSpec, Look, look_from

_CANNED = "A canned clip"


def plan_create(
    prompt: str, seconds: str, take: int, characters: list[str], image: str | None
) -> dict[str, Any]:
    """A new scene. Further takes of the same prompt keep its colours and change its shapes, as siblings do."""
    shapes = prompt if take == 0 else f"{prompt}\n(take {take + 1})"
    look = Look(palette=prompt, shapes=shapes)
    return _plan(look, [(shapes, int(seconds))], characters=characters, image=image)


def plan_remix(parent: Job, prompt: str) -> dict[str, Any]:
    """The parent's colours and characters, new shapes, new sound."""
    look = look_from(parent.plan["look"])
    new = Look(palette=look.palette, shapes=f"{look.shapes}\n{prompt}", accent=look.accent)
    return _plan(new, [(prompt, int(parent.seconds))], characters=parent.plan["characters"])


def plan_edit(parent: Job, prompt: str, source: str | None) -> dict[str, Any]:
    """The parent's motion and sound under partly new colours. ``source``: for a parent that was never drawn here."""
    look = look_from(parent.plan["look"])
    new = Look(palette=look.palette, shapes=look.shapes, accent=prompt, guests=look.guests)
    plan = dict(parent.plan)
    return {
        **plan,
        "look": asdict(new),
        "source": source,
        "source_mode": "edit" if source else "",
        "start_second": 0,
    }


def plan_edit_upload(prompt: str, seconds: int, source: str) -> dict[str, Any]:
    """An uploaded file, recoloured."""
    look = Look(palette=prompt, shapes=prompt)
    return {**_plan(look, [(prompt, seconds)]), "source": source, "source_mode": "edit"}


def plan_extend(parent: Job, prompt: str, seconds: int, source: str) -> dict[str, Any]:
    """The parent's frames, then its scene going on, with a flock as newcomers."""
    before = int(parent.seconds)
    look = look_from(parent.plan["look"])
    new = Look(look.palette, look.shapes, look.accent, (*look.guests, (prompt, before)))
    return {
        **parent.plan,
        "look": asdict(new),
        "chords": [*parent.plan["chords"], [prompt, seconds]],
        "image": None,
        "source": source,
        "source_mode": "extend",
        "start_second": before,
    }


def plan_extend_upload(prompt: str, before: int, seconds: int, source: str) -> dict[str, Any]:
    """An uploaded file, then a scene of our own."""
    look = Look(palette=prompt, shapes=prompt)
    plan = _plan(look, [(f"{prompt}\n(before)", before), (prompt, seconds)])
    return {**plan, "source": source, "source_mode": "extend", "start_second": before}


def _plan(
    look: Look,
    chords: list[tuple[str, int]],
    *,
    characters: list[str] | None = None,
    image: str | None = None,
) -> dict[str, Any]:
    return {
        "look": asdict(look),
        "chords": [list(chord) for chord in chords],
        "characters": characters or [],
        "image": image,
        "source": None,
        "source_mode": "",
        "start_second": 0,
    }


def spec_of(job: Job, *, canned: bool) -> ClipSpec:
    """The clip of a job. ``canned``: all jobs of equal size and length share one clip (for load tests)."""
    plan = job.plan
    width, height = (int(part) for part in job.size.split("x"))
    caption, label = job.prompt, f"{job.model}  ·  {job.size}  ·  {job.seconds} s"
    look = look_from(plan["look"])
    chords = tuple(Chord(seed, int(seconds)) for seed, seconds in plan["chords"])
    if canned:
        only = Look(_CANNED, _CANNED)
        return ClipSpec(
            width, height, int(job.seconds), _CANNED, job.size, only, (Chord(_CANNED, int(job.seconds)),)
        )
    return ClipSpec(
        width=width,
        height=height,
        seconds=int(job.seconds),
        caption=caption,
        label=label,
        look=look,
        chords=chords,
        characters=tuple(plan["characters"]),
        image=plan["image"],
        source=plan["source"],
        source_mode=plan["source_mode"],
        start_second=plan["start_second"],
    )
