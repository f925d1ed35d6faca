"""A name reads the same everywhere: nothing invisible in it, and nothing that turns the words beside it."""

import pytest

from renders.models import Brief
from reviews.models import Guest
from tenants.models import Agency, Client
from tenants.typed import NameField, clean_name
from tests import factories
from tests.cast import browser

TRICKS = "\u202e\u2066\u200b\u200f\u00ad\x07"


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("Clara\u202eardiallo", "Claraardiallo"),
        ("\u2066Clara\u2069 \u200bOkafor\u200e\ufeff", "Clara Okafor"),
        ("Cla\u200dra", "Clara"),
        ("Zo\u00eb \t\n\u2028 O\u2019Neill-Müller", "Zo\u00eb O\u2019Neill-Müller"),
        (
            "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
            "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
        ),
        ("\U0001f469\u200d\U0001f680 Ada", "\U0001f469\u200d\U0001f680 Ada"),
        ("\u202e\u200b\u3164", ""),
        ("a\x00b", "ab"),
    ],
)
def test_only_what_can_be_seen_is_kept(typed: str, kept: str) -> None:
    assert clean_name(typed) == kept
    assert clean_name(kept) == kept


def test_name_of_nothing_visible_is_missing() -> None:
    field = NameField(max_length=80)
    with pytest.raises(Exception, match="required"):
        field.clean("\u200b\u202e ")


def test_names_that_forms_take(cast, project):
    amara = browser(cast.amara)
    amara.post("/a/northlight/projects/new", {"new_client": f"Gam{TRICKS}ma", "name": f"Sum{TRICKS}mer"})
    amara.post(
        "/a/northlight/briefs/new",
        {
            "project": project.pk,
            "title": f"Light{TRICKS}house",
            "subject": "A lighthouse",
            "model": "sora-2",
            "size": "720x1280",
            "seconds": "4",
            "do": "save",
        },
    )
    amara.post("/a/northlight/settings/", {"name": f"North{TRICKS}light", "hue": "20"})
    with cast.at():
        assert Client.objects.filter(name="Gamma").exists()
        assert [brief.title for brief in Brief.objects.all()] == ["Lighthouse"]
        assert Agency.objects.get(pk=cast.northlight.pk).name == "Northlight"


def test_guests_name_is_clean_and_stands_apart(cast):
    with cast.at():
        round_ = factories.shared_take(cast)
        _link, token = factories.link(round_, cast.amara)
        sha256 = round_.render.asset("original").sha256
    data = {"body": "Warmer", "name": f"Cla{TRICKS}ra", "email": "clara@acme.test", "form_key": "k"}
    phone = browser()
    assert phone.post(f"/p/{token}/comment", {**data, "asset_sha256": sha256}).status_code == 302
    with cast.at():
        assert Guest.objects.get().name == "Clara"
        # As it may have been kept before names were cleaned.
        Guest.objects.update(name="\u202earalC")
    for page in (
        phone.get(f"/p/{token}/"),
        browser(cast.bruno).get(f"/a/northlight/review/{round_.render.public_id}"),
    ):
        assert "<bdi>\u202earalC</bdi>" in page.content.decode()
