"""The house's rules hold, and each breaks when it is broken on purpose."""

import ast
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from django.http import HttpResponse
from django.urls import path

from characters import states as character_states
from renders import states
from renders.models import Brief
from tenants.checks import org_tables_have_row_policies, references_between_org_rows_are_fenced
from tenants.gates import every_view_has_a_gate, is_trusted, views

ROOT = settings.BASE_DIR
OURS = ("config", "tenants", "characters", "renders", "reviews")

# Who may look across agencies, and why. A new call site belongs here only if it resolves ids and nothing else.
PLATFORM_CALLS = {
    ("config/health.py", "health: oldest due render"),
    ("config/metrics.py", "metrics: counts and ages"),
    ("tenants/actions/members.py", "invitation: token to agency"),
    ("reviews/actions/portal.py", "portal: token to agency"),
    ("renders/steps/inbound.py", "webhook: video id to agency"),
    ("renders/steps/inbound.py", "webhook: attempts in doubt"),
    ("config/management/commands/verify_audit.py", "audit: agencies to verify"),
    ("renders/sweep.py", "sweep: due renders"),
    ("renders/steps/rounds.py", "polling: what an account has in flight"),
    ("renders/places.py", "places: takes that wait, by agency"),
    ("renders/steps/compare.py", "comparison: one page of a list against our attempts"),
    ("renders/views/mismatches.py", "mismatches: what does not agree, across agencies"),
    ("renders/turns.py", "dispatch: whose turn it is"),
    ("renders/views/media.py", "media: signed id to file"),
    ("characters/views/staff.py", "staff: clips with a doubtful likeness"),
    ("characters/views/staff.py", "staff: clip to agency"),
    ("renders/views/staff_pictures.py", "staff: images with a doubtful likeness"),
    ("renders/views/staff_pictures.py", "staff: image to agency"),
    # The staff's own pages, which read across agencies and change nothing there.
    ("renders/views/agencies.py", "agencies: health and spend"),
    ("renders/views/agencies.py", "agencies: one agency and its latest takes"),
    ("renders/views/agencies.py", "take-down: take to agency"),
    ("renders/views/account_settings.py", "drill: takes and briefs of an account"),
    ("renders/views/account_settings.py", "drill: agencies whose takes wait"),
    ("renders/views/appeals.py", "appeals: across agencies"),
    ("renders/views/doubts.py", "doubts: takes across agencies"),
    ("renders/views/doubts.py", "doubts: one take"),
    ("renders/views/triage.py", "triage: case to agency"),
    ("renders/views/triage.py", "triage: the case that was just decided"),
    ("renders/views/triage.py", "triage: cases across agencies"),
    ("renders/views/triage.py", "triage: one case and its precedents"),
    ("renders/views/triage.py", "triage: the next case"),
}


def _python_files():
    for app in OURS:
        yield from (ROOT / app).rglob("*.py")


def _calls(name):
    for file in _python_files():
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and name == getattr(
                node.func, "attr", getattr(node.func, "id", "")
            ):
                yield file.relative_to(ROOT).as_posix(), node


def test_looking_across_agencies_happens_only_where_it_is_allowed():
    calls = [*_calls("platform_transaction"), *_calls("platform_reading")]
    found = {(file, ast.literal_eval(node.args[0])) for file, node in calls}
    assert found == PLATFORM_CALLS


def test_every_view_has_a_gate():
    assert list(every_view_has_a_gate()) == []


def test_view_without_a_gate_is_reported(monkeypatch):
    def open_door(request):
        return HttpResponse("come in")

    monkeypatch.setattr(
        "tenants.gates.get_resolver", lambda: type("R", (), {"url_patterns": [path("x", open_door)]})()
    )
    [error] = every_view_has_a_gate()
    assert "/x has no gate" in error.msg


def test_only_named_libraries_guard_themselves():
    from django.urls import get_resolver

    trusted = {view.__module__ for _address, view in views(get_resolver().url_patterns) if is_trusted(view)}
    assert {module.split(".")[0] for module in trusted} == {"allauth"}


@pytest.mark.django_db
def test_org_table_without_row_security_is_reported(monkeypatch):
    assert list(org_tables_have_row_policies(databases=["default"])) == []
    from tenants import checks

    fenced, policies, _keys = checks._catalogue()
    table = Brief._meta.db_table
    monkeypatch.setattr(checks, "_catalogue", lambda: (fenced - {table}, policies | {table: set()}, set()))
    ids = {error.id for error in org_tables_have_row_policies(databases=["default"])}
    assert ids == {"tenants.E003", "tenants.E004", "tenants.E005"}


def test_plain_reference_between_org_rows_is_reported(monkeypatch):
    assert list(references_between_org_rows_are_fenced(None)) == []
    monkeypatch.setattr("tenants.checks.OrgForeignKey", type("Nothing", (), {}))
    assert {error.id for error in references_between_org_rows_are_fenced(None)} == {"tenants.E002"}


@pytest.mark.parametrize("module", [states, character_states])
def test_state_that_is_not_documented_is_reported(monkeypatch, module):
    call_command("render_states", check=True)
    monkeypatch.setattr(module, "TRANSITIONS", module.TRANSITIONS[1:])
    with pytest.raises(CommandError, match="stale"):
        call_command("render_states", check=True)


LAYER_BREACHES = [
    ("tenants/breach.py", "from renders import states"),
    ("characters/breach.py", "from renders import states"),
    ("characters/models/breach.py", "from characters import moves"),
    ("renders/steps/breach.py", "from renders.actions import renders"),
    ("renders/policy/breach.py", "from renders import models"),
    ("renders/models/breach.py", "from renders import ledger"),
    ("renders/emulator/breach.py", "from renders.providers import port"),
    ("renders/providers/breach.py", "from tenants import scope"),
    ("reviews/breach.py", "from config import env"),
]


@pytest.fixture(scope="module")
def copy_of_the_house(tmp_path_factory):
    folder = tmp_path_factory.mktemp("house")
    for app in OURS:
        shutil.copytree(ROOT / app, folder / app, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def _lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    code = "from importlinter.cli import lint_imports_command as run; run()"
    return subprocess.run(
        [sys.executable, "-c", code, "--no-logo", "--no-cache"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def test_layers_hold(copy_of_the_house):
    done = _lint_imports(copy_of_the_house)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(("file", "line"), LAYER_BREACHES)
def test_planted_import_against_the_layers_is_reported(copy_of_the_house, file, line):
    breach = copy_of_the_house / file
    breach.write_text(line + "\n", encoding="utf-8")
    try:
        done = _lint_imports(copy_of_the_house)
    finally:
        breach.unlink()
    assert done.returncode == 1
    assert "BROKEN" in done.stdout


@pytest.mark.django_db
def test_runtime_role_is_bound_by_row_security():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_user, rolsuper, rolbypassrls FROM pg_roles WHERE rolname = current_user"
        )
        assert cursor.fetchone() == ("dailies_app", False, False)


def test_product_code_never_sleeps():
    """time.sleep in a request or a step would pin a thread; waiting is a next_action_at."""
    sleepers = {
        file for file, node in _calls("sleep") if not file.startswith(("config/", "renders/emulator/"))
    }
    assert sleepers == set()
