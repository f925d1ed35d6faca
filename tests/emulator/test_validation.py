"""The rules as tables, without a server: what the emulator accepts and in which words it refuses."""

import pytest

from renders.emulator import validation as rules
from renders.emulator.errors import ApiError
from renders.emulator.forms import Form
from renders.emulator.forms import _put as put
from renders.emulator.images import _is_loopback as is_loopback
from renders.emulator.images import sniff
from renders.emulator.jobs import new_video_id
from renders.emulator.moderation import WORDS, flagged
from renders.emulator.profiles import OPENAI, OPENAI_GUIDE


def refused(call, *arguments) -> ApiError:
    with pytest.raises(ApiError) as caught:
        call(*arguments)
    assert caught.value.status == 400
    return caught.value


def form(**values) -> Form:
    return Form("json", values)


@pytest.mark.parametrize(
    ("profile", "model", "size", "price"),
    [
        (OPENAI, "sora-2", "720x1280", 100_000),
        (OPENAI, "sora-2", "1280x720", 100_000),
        (OPENAI, "sora-2", "1024x1792", None),
        (OPENAI, "sora-2-pro", "1280x720", 300_000),
        (OPENAI, "sora-2-pro", "1024x1792", 500_000),
        (OPENAI, "sora-2-pro", "1792x1024", 500_000),
        (OPENAI, "sora-2-pro", "1920x1080", None),
        (OPENAI, "sora-2-pro-2025-10-06", "1792x1024", 500_000),
        (OPENAI, "sora-2-2025-12-08", "1792x1024", None),
        (OPENAI_GUIDE, "sora-2-pro", "1920x1080", 700_000),
        (OPENAI_GUIDE, "sora-2-pro", "1080x1920", 700_000),
        (OPENAI_GUIDE, "sora-2", "1920x1080", None),
    ],
)
def test_a_size_is_accepted_with_its_price_or_refused(profile, model, size, price):
    if price is None:
        error = refused(rules.size_of, form(size=size), profile, model)
        assert (error.param, error.code) == ("size", "invalid_value")
    else:
        assert rules.size_of(form(size=size), profile, model) == size
        assert profile.price(model, size) == price


@pytest.mark.parametrize(("profile", "accepted"), [(OPENAI, "4 8 12"), (OPENAI_GUIDE, "4 8 12 16 20")])
def test_seconds_follow_the_profile(profile, accepted):
    for seconds in map(str, range(25)):
        if seconds in accepted.split():
            assert rules.seconds_of(form(seconds=seconds), profile, "sora-2") == seconds
        else:
            assert refused(rules.seconds_of, form(seconds=seconds), profile, "sora-2").param == "seconds"


def test_an_integer_for_seconds_is_refused_in_the_known_words():
    error = refused(rules.seconds_of, form(seconds=8), OPENAI, "sora-2")
    assert (
        error.message
        == "Invalid type for 'seconds': expected one of '4', '8', or '12', but got an integer instead."
    )
    assert (error.kind, error.param, error.code) == ("invalid_request_error", "seconds", "invalid_type")


@pytest.mark.parametrize(
    ("value", "name"),
    [(8.0, "a decimal"), (True, "a boolean"), (None, "null"), ([], "an array"), ({}, "an object")],
)
def test_other_types_are_named(value, name):
    assert (
        f"but got {name} instead" in refused(rules.seconds_of, form(seconds=value), OPENAI, "sora-2").message
    )


def test_defaults_are_those_of_the_document():
    assert rules.model_of(form(), OPENAI) == "sora-2"
    assert rules.size_of(form(), OPENAI, "sora-2") == "720x1280"
    assert rules.seconds_of(form(), OPENAI, "sora-2") == "4"


@pytest.mark.parametrize("length", [1, 2, 31_999, 32_000])
def test_a_prompt_of_allowed_length_is_taken(length):
    assert rules.text_of(form(prompt="x" * length), "prompt", OPENAI.max_prompt) == "x" * length


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({}, "missing_required_parameter"),
        ({"prompt": ""}, "empty_string"),
        ({"prompt": "x" * 32_001}, "string_above_max_length"),
        ({"prompt": 5}, "invalid_type"),
        ({"prompt": None}, "invalid_type"),
        ({"prompt": "\ud800"}, "invalid_value"),
    ],
)
def test_a_prompt_that_is_none_is_refused(values, code):
    error = refused(rules.text_of, form(**values), "prompt", OPENAI.max_prompt)
    assert (error.param, error.code) == ("prompt", code)


@pytest.mark.parametrize(
    ("given", "ids"),
    [([], []), ([{"id": "a"}], ["a"]), ([{"id": "a"}, {"id": "b"}], ["a", "b"])],
)
def test_up_to_two_characters_are_taken(given, ids):
    assert rules.characters_of(form(characters=given), OPENAI) == ids


@pytest.mark.parametrize(
    "given", [[{"id": "a"}] * 3, "a", {"id": "a"}, ["a"], [{}], [{"id": 5}], [{"id": "a", "x": 1}]]
)
def test_other_characters_are_refused(given):
    assert refused(rules.characters_of, form(characters=given), OPENAI).param.startswith("characters")


@pytest.mark.parametrize(
    "name", ["seed", "n", "fps", "negative_prompt", "metadata", "webhook_url", "input_references"]
)
def test_what_the_protocol_does_not_have_is_an_unknown_parameter(name):
    error = refused(rules.check_known, form(prompt="x", **{name: "1"}), rules.CREATE_FIELDS)
    assert (error.param, error.code) == (name, "unknown_parameter")


@pytest.mark.parametrize("name", ["characters", "input_reference", "model", "size"])
def test_an_extension_takes_neither_characters_nor_images(name):
    assert refused(rules.check_known, form(**{name: "1"}), rules.EXTEND_FIELDS).code == "unknown_parameter"


@pytest.mark.parametrize(
    ("extensions", "total", "is_allowed"),
    [(1, 24, True), (6, 120, True), (7, 60, False), (6, 121, False), (5, 140, False)],
)
def test_both_limits_of_a_chain_bind(extensions, total, is_allowed):
    if is_allowed:
        rules.check_extension(OPENAI, extensions, total)
    else:
        refused(rules.check_extension, OPENAI, extensions, total)


@pytest.mark.parametrize(
    ("query", "page"),
    [
        ({}, (None, 20, True)),
        ({"limit": "0"}, (None, 0, True)),
        ({"limit": "100", "order": "asc"}, (None, 100, False)),
        ({"after": "video_x", "order": "desc"}, ("video_x", 20, True)),
    ],
)
def test_a_page_is_read_from_the_query(query, page):
    assert rules.page_of(query) == page


@pytest.mark.parametrize(
    ("query", "param"),
    [
        ({"limit": "101"}, "limit"),
        ({"limit": "-1"}, "limit"),
        ({"limit": "ten"}, "limit"),
        ({"limit": "٣"}, "limit"),
        ({"order": "up"}, "order"),
    ],
)
def test_a_page_that_is_none_is_refused(query, param):
    assert refused(rules.page_of, query).param == param


@pytest.mark.parametrize(
    ("pairs", "values"),
    [
        ([("a", "1")], {"a": "1"}),
        ([("video[id]", "v")], {"video": {"id": "v"}}),
        ([("characters[][id]", "a"), ("characters[][id]", "b")], {"characters": [{"id": "a"}, {"id": "b"}]}),
        (
            [("characters[0][id]", "a"), ("characters[1][id]", "b")],
            {"characters": [{"id": "a"}, {"id": "b"}]},
        ),
        ([("input_reference[image_url]", "u")], {"input_reference": {"image_url": "u"}}),
        ([("a[b][c][d]", "1")], {"a[b][c][d]": "1"}),
        ([("a[", "1")], {"a[": "1"}),
        ([("[x]", "1")], {"[x]": "1"}),
    ],
)
def test_form_keys_with_brackets_become_values(pairs, values):
    held: dict[str, object] = {}
    for name, text in pairs:
        put(held, name, text)
    assert held == values


@pytest.mark.parametrize(
    ("data", "ending"),
    [
        (b"\xff\xd8\xff\xe0rest", ".jpg"),
        (b"\x89PNG\r\n\x1a\nrest", ".png"),
        (b"RIFF1234WEBPVP8 ", ".webp"),
        (b"RIFF1234WAVEfmt ", None),
        (b"GIF89a", None),
        (b"<svg/>", None),
        (b"", None),
    ],
)
def test_a_picture_is_known_by_its_first_bytes(data, ending):
    assert sniff(data) == ending


@pytest.mark.parametrize(
    ("host", "told"),
    [
        ("127.0.0.1", True), ("127.9.9.9", True), ("::1", True), ("localhost", True), ("10.0.0.1", False),
        ("example.com", False), ("localhost.example.com", False), ("0.0.0.0", False), ("169.254.169.254", False), ("", False),
    ],
)  # fmt: skip
def test_only_loopback_is_fetched_from(host, told):
    assert is_loopback(host) is told


def test_an_id_begins_with_its_time_of_creation():
    made = new_video_id(1_795_183_325)
    assert made.removeprefix("video_")[:8] == f"{1_795_183_325:x}"
    assert len(made) == 6 + 48
    assert made != new_video_id(1_795_183_325)


def test_moderation_has_thirteen_categories_and_sees_word_starts():
    assert len(WORDS) == 13
    assert flagged("They murdered the tune") == ["violence"]
    assert flagged("A skillet on a stove, a stable camera, a gorgeous light") == []
    assert set(flagged("underage nude")) == {"sexual", "sexual/minors"}
