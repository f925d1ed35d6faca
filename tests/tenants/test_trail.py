"""Edit, removal, change of order and truncation of the audit trail are seen: the last one against exported heads."""

import csv
import io
import json
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from renders.steps import watch
from tenants import audit, papers, trail
from tenants.csv_export import cell
from tenants.models import AuditEvent, Chore
from tests.cast import assemble, browser
from tests.owner import as_owner

A = "/a/northlight/audit/"


@pytest.fixture
def lived(transactional_db):
    """An agency with some events, and a head exported in the middle."""
    cast = assemble()
    with cast.at():
        for number in range(6):
            audit.record("test.happened", by=cast.amara, on=cast.acme, number=number)
    org_id = cast.northlight.pk
    trail.export_head(org_id)
    with cast.at():
        audit.record("test.after_the_head", by=cast.amara)
    return cast


def rewrite(cast, statement: str) -> None:
    """What only somebody with the owner's password can do."""
    as_owner(
        "ALTER TABLE tenants_auditevent DISABLE TRIGGER append_only",
        "ALTER TABLE tenants_auditevent NO FORCE ROW LEVEL SECURITY",
        statement.format(org=cast.northlight.pk),
        "ALTER TABLE tenants_auditevent FORCE ROW LEVEL SECURITY",
        "ALTER TABLE tenants_auditevent ENABLE TRIGGER append_only",
    )


def test_untouched_trail_is_whole(lived):
    found = trail.verify(lived.northlight.pk)
    assert (found.problem, found.head, found.heads) == ("", found.count - 1, 1)


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        (
            "UPDATE tenants_auditevent SET action = 'nothing' WHERE org_id = '{org}' AND seq = 4",
            "event 4 was changed",
        ),
        (
            "UPDATE tenants_auditevent SET data = '{{}}' WHERE org_id = '{org}' AND seq = 5",
            "event 5 was changed",
        ),
        ("DELETE FROM tenants_auditevent WHERE org_id = '{org}' AND seq = 4", "event 4 is missing"),
        ("DELETE FROM tenants_auditevent WHERE org_id = '{org}' AND seq >= 6", "were cut off"),
        ("DELETE FROM tenants_auditevent WHERE org_id = '{org}'", "were cut off"),
    ],
)
def test_what_was_done_to_the_trail_is_said(lived, statement, words):
    rewrite(lived, statement)
    problem = trail.verify(lived.northlight.pk).problem
    assert words in problem


def test_order_that_was_changed_is_seen(lived):
    for source, target in ((4, 104), (5, 4), (104, 5)):
        rewrite(
            lived, f"UPDATE tenants_auditevent SET seq = {target} WHERE org_id = '{{org}}' AND seq = {source}"
        )
    assert "event 4 was changed" in trail.verify(lived.northlight.pk).problem


def test_trail_that_was_written_anew_does_not_fit_its_head(lived):
    """Somebody recomputes every hash: whole from within, and not the one of the head."""
    with lived.at():
        events = list(AuditEvent.objects.order_by("seq"))
    prev = audit.GENESIS
    for event in events:
        if event.seq == 3:
            event.action = "nothing.to_see"
        content = audit._content(
            event.seq, event.happened_at, event.actor, event.action, event.subject, event.data
        )
        link = audit.chain_hash(prev, content)
        rewrite(
            lived,
            f"UPDATE tenants_auditevent SET action = '{event.action}', prev_hash = '{prev}', hash = '{link}' "
            f"WHERE org_id = '{{org}}' AND seq = {event.seq}",
        )
        prev = link
    with lived.at():
        assert audit.first_break(AuditEvent.objects.order_by("seq")) is None
    assert "is not the one of the head" in trail.verify(lived.northlight.pk).problem


@pytest.mark.parametrize(
    "change", [lambda d: d.replace(b'"seq": ', b'"seq": 1'), lambda d: d[:-5], lambda d: b"{}"]
)
def test_head_that_was_changed_is_not_believed(lived, change):
    folder = Path(default_storage.path(f"{lived.northlight.pk}/papers/{papers.HEADS}"))
    [path] = folder.iterdir()
    path.write_bytes(change(path.read_bytes()))
    assert "cannot be believed" in trail.verify(lived.northlight.pk).problem


def test_worker_looks_exports_and_says_what_it_found(lived):
    watch.watch(lived.northlight.pk)
    with lived.at():
        outcome = Chore.objects.get().outcome
        count = AuditEvent.objects.count()
    assert (outcome["problem"], outcome["head"]) == ("", count)
    watch.watch(lived.northlight.pk)
    assert len(papers.names(lived.northlight.pk, papers.HEADS)) == 2, "not due, and nothing new"
    page = browser(lived.amara).get(A).content.decode()
    assert "signed head exported at event" in page
    rewrite(lived, "DELETE FROM tenants_auditevent WHERE org_id = '{org}' AND seq >= 6")
    with lived.at():
        Chore.objects.update(due_at="2020-01-01T00:00Z")
    watch.watch(lived.northlight.pk)
    page = browser(lived.amara).get(A).content.decode()
    assert "The trail is broken" in page
    assert "were cut off" in browser(lived.amara).get(f"{A}check").content.decode()
    assert len(papers.names(lived.northlight.pk, papers.HEADS)) == 2, "a broken trail gets no new head"


def test_command_says_it_and_ends_with_an_error(lived, capsys):
    call_command("verify_audit")
    assert "northlight: " in capsys.readouterr().out
    call_command("verify_audit", agency="northlight", export=True)
    with pytest.raises(CommandError, match="no agency"):
        call_command("verify_audit", agency="nothing")
    rewrite(lived, "DELETE FROM tenants_auditevent WHERE org_id = '{org}' AND seq >= 6")
    with pytest.raises(CommandError, match="Broken: northlight"):
        call_command("verify_audit")
    assert "were cut off" in capsys.readouterr().err


@pytest.fixture
def busy(cast):
    with cast.at():
        for number in range(8):
            audit.record(
                "test.counted", by=cast.bruno, on=cast.acme, number=number, other=cast.acme.public_id
            )
        audit.record("test.odd", by=cast.amara, words='=HYPERLINK("http://x")\r\nnext', more="+1")
    return cast


def rows(cast, query=""):
    answer = browser(cast.amara).get(f"{A}export.csv?{query}")
    text = b"".join(answer.streaming_content).decode()
    assert answer["Content-Type"].startswith("text/csv")
    assert "attachment" in answer["Content-Disposition"]
    return list(csv.reader(io.StringIO(text)))[1:]


@pytest.mark.django_db
def test_csv_is_exactly_the_filtered_rows(busy):
    with busy.at():
        total = AuditEvent.objects.count()
    assert len(rows(busy)) == total
    assert {row[4] for row in rows(busy, f"who=user:{busy.bruno.pk}")} == {"test.counted"}
    assert len(rows(busy, f"subject={busy.acme.public_id}")) == 9
    assert len(rows(busy, "action=test.odd")) == 1
    assert rows(busy, "who=guest") == []
    assert rows(busy, "to=2001-01-01") == []
    assert len(rows(busy, "from=2001-01-01")) == total


@pytest.mark.django_db
def test_csv_holds_no_formula_and_one_line_a_row(busy):
    [row] = rows(busy, "action=test.odd")
    assert json.loads(row[6])["words"].startswith("=HYPERLINK"), "inside a text it harms nobody"
    for bad in ("=1+1", "+1", "-1", "@x", "\t=1", "\r=1", "  =1", "\n+1"):
        assert cell(bad).lstrip().startswith("'")
        assert "\n" not in cell(bad)
        assert "\r" not in cell(bad)
    assert cell("plain") == "plain"


@pytest.mark.django_db
def test_ids_lead_to_their_history_and_filters_stay_in_the_address(busy):
    page = browser(busy.amara).get(f"{A}?action=test.counted").content.decode()
    assert f"?subject={busy.acme.public_id}" in page
    assert f"?who=user%3A{busy.bruno.pk}" in page
    assert "export.csv?action=test.counted" in page
    assert (
        browser(busy.amara).get(f"{A}?who=user:{busy.bruno.pk}").content.decode().count("test.counted") == 8
    )


@pytest.mark.django_db
@pytest.mark.parametrize("many", [10, 120])
def test_page_asks_the_same_whatever_the_number_of_rows(busy, many):
    with busy.at():
        for number in range(many):
            audit.record("test.more", by="system:x" if number % 2 else busy.bruno, number=number)
    client = browser(busy.amara)
    with CaptureQueriesContext(connection) as found:
        assert client.get(A).status_code == 200
    # The savepoint is the test's: a request of its own begins a transaction with its first statement.
    assert len([q for q in found if "SAVEPOINT" not in q["sql"]]) <= 10


@pytest.mark.django_db
@pytest.mark.parametrize(
    "query", ["from=x", "to=9999-12-31", "from=0001-01-01", "who=%00", "who=user:abc", "who=user:99999999999"]
)
def test_odd_filters_never_break_page_or_csv(busy, query):
    for address in (A, f"{A}export.csv"):
        answer = browser(busy.amara).get(f"{address}?{query}")
        assert answer.status_code in {200, 400}
        if answer.streaming:
            b"".join(answer.streaming_content)


@pytest.mark.django_db
def test_who_may_not_read_the_trail_gets_no_csv(busy):
    assert browser(busy.bruno).get(f"{A}export.csv").status_code == 403
    assert browser(busy.vera).get(f"{A}export.csv").status_code == 403
    assert browser(busy.dmitri).get(f"{A}export.csv").status_code == 404
    rival = browser(busy.dmitri).get("/a/rivalry/audit/export.csv")
    assert b"test.counted" not in b"".join(rival.streaming_content)
