"""The four operations that make a video, and cost money: create, remix, edit, extend."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from renders.emulator import plans
from renders.emulator import validation as rules
from renders.emulator.errors import MODERATION_MESSAGE, bad, not_found
from renders.emulator.forms import Form, Upload
from renders.emulator.images import check_image, input_image
from renders.emulator.jobs import Job
from renders.emulator.media.files import NotAVideo, Probe, probe
from renders.emulator.moderation import flagged
from renders.emulator.state import Emulator

_LONGEST_UPLOAD = 120


async def create(emulator: Emulator, key: str, form: Form, _: str) -> Job:
    """POST /videos."""
    return await _create(emulator, key, form, is_batched=False)


async def create_at_half_price(emulator: Emulator, key: str, form: Form) -> Job:
    """A line of a batch: half the price, no webhook, and a day to fetch the clip."""
    return await _create(emulator, key, form, is_batched=True)


async def _create(emulator: Emulator, key: str, form: Form, *, is_batched: bool) -> Job:
    profile = emulator.profile
    rules.check_known(form, rules.CREATE_FIELDS, strict=emulator.dialect.is_strict)
    prompt = rules.text_of(form, "prompt", profile.max_prompt)
    model = rules.model_of(form, profile)
    size = rules.size_of(form, profile, model)
    seconds = rules.seconds_of(form, profile, model)
    characters = rules.characters_of(form, profile)
    for index, character_id in enumerate(characters):
        if not emulator.store.rows("select 1 from characters where id = ? and key = ?", (character_id, key)):
            raise bad(
                f"Character with id '{character_id[:80]}' not found.",
                f"characters[{index}].id",
                "invalid_value",
            )
    data, image = await input_image(form, profile, emulator.store), None
    if data is not None:
        ending = await asyncio.to_thread(check_image, data, size)
        image = emulator.store.keep_upload(data, ending)
    take = emulator.store.takes(key, prompt)
    plan = plans.plan_create(prompt, seconds, take, characters, image)
    return _accept(
        emulator,
        key,
        "create",
        prompt,
        model,
        size,
        seconds,
        plan,
        billed=int(seconds),
        is_batched=is_batched,
    )


async def remix(emulator: Emulator, key: str, form: Form, video_id: str) -> Job:
    """POST /videos/{id}/remix."""
    rules.check_known(form, rules.REMIX_FIELDS, strict=emulator.dialect.is_strict)
    prompt = rules.text_of(form, "prompt", emulator.profile.max_prompt)
    parent = _parent(emulator, key, video_id, param=None)
    plan = plans.plan_remix(parent, prompt)
    return _accept(
        emulator,
        key,
        "remix",
        prompt,
        parent.model,
        parent.size,
        parent.seconds,
        plan,
        billed=int(parent.seconds),
        remixed_from=parent.id,
    )


async def edit(emulator: Emulator, key: str, form: Form, _: str) -> Job:
    """POST /videos/edits. The reply does not name the parent; only the emulator's own record does."""
    rules.check_known(form, rules.EDIT_FIELDS, strict=emulator.dialect.is_strict)
    prompt = rules.text_of(form, "prompt", emulator.profile.max_prompt)
    source_id = rules.source_id_of(form)
    if source_id is None:
        name, found = await _keep_video(emulator, form.files["video"])
        model, size, seconds = _nearest(emulator, found)
        plan = plans.plan_edit_upload(prompt, seconds, name)
        return _accept(emulator, key, "edit", prompt, model, size, str(seconds), plan, billed=seconds)
    parent = _parent(emulator, key, source_id, param="video")
    # What came out of an upload has no scene of ours to draw again: recolour its frames.
    drawn = not parent.plan["source_mode"]
    plan = plans.plan_edit(parent, prompt, None if drawn else emulator.store.keep_source(str(parent.digest)))
    return _accept(
        emulator,
        key,
        "edit",
        prompt,
        parent.model,
        parent.size,
        parent.seconds,
        plan,
        billed=int(parent.seconds),
    )


async def extend(emulator: Emulator, key: str, form: Form, _: str) -> Job:
    """POST /videos/extensions. ``seconds`` asked for is the new part; the Video's is the stitched total."""
    profile = emulator.profile
    rules.check_known(form, rules.EXTEND_FIELDS, strict=emulator.dialect.is_strict)
    prompt = rules.text_of(form, "prompt", profile.max_prompt)
    seconds = int(rules.choice_of(form, "seconds", profile.extension_seconds, None))
    source_id = rules.source_id_of(form)
    if source_id is None:
        name, found = await _keep_video(emulator, form.files["video"])
        model, size, before = _nearest(emulator, found)
        rules.check_extension(profile, 1, before + seconds)
        plan = plans.plan_extend_upload(prompt, before, seconds, name)
        return _accept(
            emulator,
            key,
            "extend",
            prompt,
            model,
            size,
            str(before + seconds),
            plan,
            billed=seconds,
            extensions=1,
        )
    parent = _parent(emulator, key, source_id, param="video")
    total, count = int(parent.seconds) + seconds, parent.extensions + 1
    rules.check_extension(profile, count, total)
    plan = plans.plan_extend(parent, prompt, seconds, emulator.store.keep_source(str(parent.digest)))
    return _accept(
        emulator,
        key,
        "extend",
        prompt,
        parent.model,
        parent.size,
        str(total),
        plan,
        billed=seconds,
        extensions=count,
    )


SUBMITS = {"create": create, "remix": remix, "edit": edit, "extend": extend}


def find(emulator: Emulator, key: str, video_id: str) -> Job:
    """A job that this key may see. Raises the 404 that says the same for foreign, deleted and lost ones."""
    job = emulator.store.job(video_id)
    if job is None or job.key != key or job.deleted or emulator.is_lost(job):
        raise not_found(video_id[:80])
    return job


def _parent(emulator: Emulator, key: str, video_id: str, param: str | None) -> Job:
    job = find(emulator, key, video_id)
    if job.status != "completed":
        raise bad(f"Video with id '{job.id}' is not completed; its status is '{job.status}'.", param)
    return job


def _accept(
    emulator: Emulator,
    key: str,
    operation: str,
    prompt: str,
    model: str,
    size: str,
    seconds: str,
    plan: dict[str, Any],
    *,
    billed: int,
    remixed_from: str | None = None,
    extensions: int = 0,
    is_batched: bool = False,
) -> Job:
    """Book a job and set it going. From here on it is accepted and billed, whatever becomes of the reply."""
    created_at = int(emulator.clock.now())
    quirks = emulator.faults.for_job(operation, prompt, key)
    if flagged(prompt):
        quirks.setdefault("moderation_block", {"code": "moderation_blocked", "message": MODERATION_MESSAGE})
    if is_batched:
        quirks["batched"] = {}
    if is_batched or not emulator.dialect.has_webhooks:
        quirks["unannounced"] = {}
    job = Job(
        id=emulator.dialect.new_id(created_at),
        key=key,
        operation=operation,
        model=model,
        size=size,
        seconds=seconds,
        prompt=prompt,
        created_at=created_at,
        accepted_wall=emulator.clock.wall(),
        plan=plan,
        remixed_from=remixed_from,
        extensions=extensions,
        quirks=quirks,
    )
    cost = billed * emulator.profile.price(model, size)
    emulator.store.accept(job, billed, cost // 2 if is_batched else cost)
    emulator.runner.start(job)
    return job


async def _keep_video(emulator: Emulator, upload: Upload) -> tuple[str, Probe]:
    """Store an uploaded MP4 and look at it. Raises a 400 for anything else."""
    name = emulator.store.keep_upload(upload.data, ".mp4")
    path = emulator.store.uploads / name
    try:
        found = await asyncio.to_thread(probe, path)
    except NotAVideo as error:
        path.unlink(missing_ok=True)
        raise bad(
            "The file in 'video' could not be read as an MP4 video.", "video", "invalid_video"
        ) from error
    if not 0.5 <= found.seconds <= _LONGEST_UPLOAD:
        raise bad(
            f"The file in 'video' lasts {found.seconds:.1f} seconds; 1 to {_LONGEST_UPLOAD} are supported.",
            "video",
            "invalid_video",
        )
    return name, found


async def keep_character_video(emulator: Emulator, upload: Upload) -> str:
    """Store the clip that a character is made from; returns its file name."""
    name, _ = await _keep_video(emulator, upload)
    return Path(name).name


def _nearest(emulator: Emulator, found: Probe) -> tuple[str, str, int]:
    """Model, size and whole seconds for an uploaded file: its own size if one model has it, else the nearest shape."""
    profile, own = emulator.profile, f"{found.width}x{found.height}"
    for model in profile.models:
        if own in model.prices:
            return model.id, own, max(1, round(found.seconds))
    default = profile.model(profile.default_model)
    sizes = tuple(default.prices) if default else (profile.default_size,)
    portrait = found.height > found.width
    for size in sizes:
        width, height = (int(part) for part in size.split("x"))
        if (height > width) == portrait:
            return profile.default_model, size, max(1, round(found.seconds))
    return profile.default_model, profile.default_size, max(1, round(found.seconds))
