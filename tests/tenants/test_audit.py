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
