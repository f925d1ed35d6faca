"""The chain of the audit trail shows every edit, removal and reorder."""

import copy
import threading

import pytest
from django.db import connection

from tenants import audit
from tenants.models import AuditEvent
from tests.cast import assemble, browser


@pytest.fixture
def events(cast):
    with cast.at():
        for number in range(5):
            audit.record("test.happened", by=cast.amara, on=cast.acme, number=number)
        return list(AuditEvent.objects.order_by("seq"))


@pytest.mark.django_db
def test_untouched_chain_is_whole(events):
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    assert audit.first_break(events) is None


@pytest.mark.django_db
@pytest.mark.parametrize("field", ["actor", "action", "subject", "data", "happened_at", "hash", "prev_hash"])
def test_edit_of_any_field_is_found(events, field):
    tampered = copy.deepcopy(events)
    victim = tampered[3]
    value = getattr(victim, field)
    changed = (
        {"x": 1} if field == "data" else value.replace(year=2001) if field == "happened_at" else "f" * 64
    )
    setattr(victim, field, changed)
    assert audit.first_break(tampered).seq == victim.seq


@pytest.mark.django_db
def test_removal_and_reorder_are_found(events):
    assert audit.first_break(events[:2] + events[3:]).problem == "event 3 is missing"
    assert audit.first_break([events[1], events[0], *events[2:]]).seq == 1


@pytest.mark.django_db(transaction=True)
def test_writers_at_the_same_time_keep_one_chain():
    cast = assemble()

    def write(number):
        try:
            with cast.at():
                audit.record("test.raced", by=cast.amara, number=number)
        finally:
            connection.close()

    threads = [threading.Thread(target=write, args=(n,)) for n in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    with cast.at():
        rows = list(AuditEvent.objects.order_by("seq"))
    assert sum(row.action == "test.raced" for row in rows) == 12
    assert audit.first_break(rows) is None


@pytest.mark.django_db
def test_amara_reads_the_trail_and_checks_it(cast):
    page = browser(cast.amara).get("/a/northlight/audit/")
    assert page.status_code == 200
    assert b"agency.created" in page.content
    check = browser(cast.amara).get("/a/northlight/audit/check")
    assert b"whole and in order" in check.content


@pytest.mark.django_db
def test_bruno_may_not_read_the_trail_and_dmitri_does_not_find_it(cast):
    assert browser(cast.bruno).get("/a/northlight/audit/").status_code == 403
    assert browser(cast.dmitri).get("/a/northlight/audit/").status_code == 404


@pytest.mark.django_db
@pytest.mark.parametrize(
    "query", ["before=abc", "before=99999999999999999999", "action=%00", "subject=%27--"]
)
def test_odd_filters_never_break_the_page(cast, query):
    assert browser(cast.amara).get(f"/a/northlight/audit/?{query}").status_code in {200, 400}


@pytest.mark.django_db
def test_page_speaks_in_words_and_csv_keeps_the_codes(cast):
    with cast.at():
        audit.record(
            "policy_case.wording_taken",
            by="system:purge",
            may_decide=True,
            has_passcode=False,
            verdict="changes_required",
            price_microusd=400_000,
            fields=["rights_holder", "look"],
            broken=[],
            reason="Kept_as typed",
        )
        audit.record("provenance.watermark_noted", by=cast.amara, on=cast.acme, seen="not_seen")
    amara = browser(cast.amara)
    page = amara.get("/a/northlight/audit/").content.decode()
    rows = page[page.index("<tbody") :]
    for words in (
        ">Policy case wording taken<",
        ">Origin watermark noted<",
        "may decide: yes",
        "has passcode: no",
        "verdict: changes required",
        "price: $0.40",
        "fields: rights holder",
        "broken: none",
        "reason: Kept_as typed",
        "the system (purge)",
    ):
        assert words in rows
    for code in ("may_decide", "changes_required", "microusd", "['", "True", ">policy_case"):
        assert code not in rows
    assert (
        "policy_case.wording_taken"
        in b"".join(amara.get("/a/northlight/audit/export.csv").streaming_content).decode()
    )


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("policy case wording", ["policy_case.wording_taken"]),
        ("Policy case wording taken", ["policy_case.wording_taken"]),
        ("policy_case.", ["policy_case.wording_taken"]),
        ("origin", ["provenance.watermark_noted"]),
        ("origin watermark", ["provenance.watermark_noted"]),
        ("wording", []),
    ],
)
def test_what_was_done_is_found_by_words_and_by_code(cast, asked, found):
    with cast.at():
        audit.record("policy_case.wording_taken", by=cast.amara)
        audit.record("provenance.watermark_noted", by=cast.amara)
    page = browser(cast.amara).get("/a/northlight/audit/", {"action": asked}).content.decode()
    assert [
        action
        for action in ("policy_case.wording_taken", "provenance.watermark_noted")
        if f'title="{action}"' in page
    ] == found
