"""What is expected of each profile, check by check. The published document first; the others say where they differ."""

PUBLISHED: dict[str, str] = {
    "models": "listed",
    "wrong key": "401",
    "create as a form": "yes",
    "create as JSON": "yes",
    "create with a prompt only": "yes",
    "ids": "video_ + 48 hex digits",
    "keys of a video": "all thirteen",
    "content before the end": "404",
    "retrieve": "ends well",
    "id of later answers": "the same",
    "expiry": "after 3600 s",
    "content": "an MP4",
    "content, variant=video": "video/mp4",
    "content, variant=thumbnail": "image/webp",
    "content, variant=spritesheet": "image/jpeg",
    "list": "all five keys",
    "list goes on": "yes",
    "remix": "yes",
    "edit by id": "yes",
    "edit of a file": "yes",
    "extension by id": "yes",
    "extension of a file": "yes",
    "character is made": "yes",
    "character is fetched": "yes",
    "create with characters": "read",
    "opening image as a file": "yes",
    "opening image as JSON": "an object",
    "opening image of another size": "refused",
    "seconds as a number": "refused",
    "seconds of 5": "refused",
    "16 and 20 seconds": "refused",
    "1080p": "refused",
    "4K": "refused",
    "unknown field": "refused",
    "unknown model": "refused",
    "video that is not there": "404, error with code null",
    "job that is refused": "200, code 'moderation_blocked'",
    "deletion of a finished video": "yes",
    "deletion of a running job": "no (400)",
    "moderation": "yes",
    "status words": "the published four",
}

# Both serve open weights on one's own machines, and lack the same.
_OWN_MACHINES = {
    "expiry": "not said",
    "remix": "no (404)",
    "edit by id": "no (405)",
    "edit of a file": "no (405)",
    "extension by id": "no (405)",
    "extension of a file": "no (405)",
    "character is made": "no (405)",
    "character is fetched": "no (404)",
    "create with characters": "not read",
    "seconds of 5": "taken",
    "16 and 20 seconds": "taken",
    "unknown field": "not read",
    "deletion of a running job": "cancels",
    "moderation": "no (404)",
}

_ONE_FILE = {
    "content, variant=thumbnail": "video/mp4",
    "content, variant=spritesheet": "video/mp4",
}

PROFILES: dict[str, dict[str, str]] = {
    "openai": PUBLISHED,
    "openai-guide": PUBLISHED | {"16 and 20 seconds": "taken", "1080p": "taken"},
    "vllm-omni": PUBLISHED
    | _OWN_MACHINES
    | _ONE_FILE
    | {
        "create as JSON": "no (400)",
        "ids": "video_gen_ + 32 hex digits",
        "opening image as JSON": "refused",
        "video that is not there": "404, error with code int",
        "job that is refused": "400, code 400",
    },
    "sglang": PUBLISHED
    | _OWN_MACHINES
    | {
        "ids": "UUID",
        "keys of a video": "without prompt",
        "content, variant=video": "no (404)",
        "content, variant=thumbnail": "no (404)",
        "content, variant=spritesheet": "no (404)",
        "list": "without first_id, has_more, last_id",
        "opening image as JSON": "a string",
        "seconds as a number": "taken",
        "unknown model": "taken",
        "video that is not there": "404, detail",
        "job that is refused": "200, code None",
        "deletion of a finished video": "yes, as video deleted",
    },
    "litellm": PUBLISHED
    | _ONE_FILE
    | {
        "create with a prompt only": "no (400)",
        "ids": "routing token",
        "keys of a video": "without prompt",
        "id of later answers": "another that leads nowhere",
        "list": "no (400)",
        "list goes on": "not tried",
        "remix": "yes, with an id that leads nowhere",
        "edit by id": "yes, with an id that leads nowhere",
        "edit of a file": "yes, with an id that leads nowhere",
        "extension by id": "yes, with an id that leads nowhere",
        "extension of a file": "yes, with an id that leads nowhere",
        "character is made": "no (500)",
        "character is fetched": "no (500)",
        "unknown field": "not read",
        "video that is not there": "404, error with code str",
        "deletion of a finished video": "no (405)",
        "deletion of a running job": "no (405)",
        "status words": "processing",
    },
    "relay": PUBLISHED
    | _ONE_FILE
    | {
        "ids": "task_…",
        "list": "no (404)",
        "list goes on": "not tried",
        "edit by id": "no (404)",
        "edit of a file": "no (404)",
        "extension by id": "no (404)",
        "extension of a file": "no (404)",
        "character is made": "no (404)",
        "character is fetched": "no (404)",
        "unknown field": "not read",
        "video that is not there": "404, code data message",
        "job that is refused": "200, str",
        "deletion of a finished video": "no (404)",
        "deletion of a running job": "no (404)",
        "moderation": "no (404)",
        "status words": "NOT_START, processing, succeeded",
    },
}

# What a check may say on any server without contradicting a profile.
NEUTRAL = {"not tried", "too fast to tell"}
