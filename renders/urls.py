"""Addresses of briefs, takes, spend, media and webhooks."""

from django.urls import path, register_converter

from characters import urls as characters_urls  # noqa: F401 - registers the converter of chr_…
from renders.views import (
    account_settings,
    accounts,
    agencies,
    appeals,
    briefs,
    character_files,
    cut,
    doubts,
    files,
    hooks,
    make,
    media,
    mismatches,
    orders,
    pictures,
    planner,
    policy,
    provenance,
    queue,
    receipts,
    renders,
    retention,
    rules,
    spend,
    spend_csv,
    staff_pictures,
    storyboards,
    triage,
)
from tenants.public_ids import converter

register_converter(converter("brf"), "brf")
register_converter(converter("rnd"), "rnd")
register_converter(converter("pca"), "pca")
register_converter(converter("plr"), "plr")
register_converter(converter("agy"), "agy")
register_converter(converter("prg"), "prg")
register_converter(converter("rct"), "rct")
register_converter(converter("ord"), "ord")
register_converter(converter("bud"), "bud")
register_converter(converter("pic"), "pic")
register_converter(converter("sbd"), "sbd")

app_name = "renders"

_BOARD = "a/<slug:agency>/storyboards/<sbd:board>"
_CHARACTER = "a/<slug:agency>/characters/<chr:character>"

urlpatterns = [
    path("a/<slug:agency>/briefs/", briefs.brief_list, name="brief-list"),
    path("a/<slug:agency>/briefs/new", briefs.brief_new, name="brief-new"),
    path("a/<slug:agency>/briefs/preview", briefs.brief_preview, name="brief-preview"),
    path("a/<slug:agency>/briefs/cast", briefs.brief_cast, name="brief-cast"),
    path("a/<slug:agency>/briefs/picture", pictures.brief_picture, name="brief-picture"),
    path("a/<slug:agency>/images/<pic:picture>", pictures.picture_page, name="picture"),
    path("a/<slug:agency>/images/<pic:picture>/delete", pictures.picture_delete, name="picture-delete"),
    path(
        "a/<slug:agency>/images/<pic:picture>/undo-delete",
        pictures.picture_undo_delete,
        name="picture-undo-delete",
    ),
    path("a/<slug:agency>/briefs/<brf:brief>", briefs.brief_edit, name="brief-edit"),
    path("a/<slug:agency>/briefs/<brf:brief>/archive", briefs.brief_archive, name="brief-archive"),
    path(
        "a/<slug:agency>/briefs/<brf:brief>/storyboard", storyboards.brief_storyboard, name="brief-storyboard"
    ),
    path("a/<slug:agency>/storyboards/", storyboards.storyboard_list, name="storyboard-list"),
    path("a/<slug:agency>/storyboards/new", storyboards.storyboard_new, name="storyboard-new"),
    path(_BOARD, storyboards.storyboard_page, name="storyboard"),
    path(f"{_BOARD}/preview", storyboards.storyboard_preview, name="storyboard-preview"),
    path(f"{_BOARD}/status", storyboards.storyboard_status, name="storyboard-status"),
    path(f"{_BOARD}/stop", storyboards.storyboard_stop, name="storyboard-stop"),
    path(f"{_BOARD}/continuity", storyboards.storyboard_continuity, name="storyboard-continuity"),
    path("a/<slug:agency>/projects/new", briefs.project_new, name="project-new"),
    path(f"{_CHARACTER}/takes", cut.character_takes, name="character-takes"),
    path(
        f"{_CHARACTER}/takes/<rnd:render>",
        cut.character_take,
        name="character-take",
    ),
    path(f"{_CHARACTER}/delete", character_files.character_delete, name="character-delete"),
    path(f"{_CHARACTER}/undo-delete", character_files.character_undo_delete, name="character-undo-delete"),
    path(f"{_CHARACTER}/deletion", character_files.character_deletion, name="character-deletion"),
    path("a/<slug:agency>/queue/", queue.queue, name="queue"),
    path("a/<slug:agency>/queue/<rnd:render>", queue.queue_row, name="queue-row"),
    path("a/<slug:agency>/takes/<rnd:render>", renders.render_page, name="render"),
    path("a/<slug:agency>/takes/<rnd:render>/status", renders.render_status, name="render-status"),
    path("a/<slug:agency>/takes/<rnd:render>/cancel", renders.render_cancel, name="render-cancel"),
    path("a/<slug:agency>/takes/<rnd:render>/abandon", renders.render_abandon, name="render-abandon"),
    path("a/<slug:agency>/takes/<rnd:render>/keep", renders.render_keep, name="render-keep"),
    path("a/<slug:agency>/takes/<rnd:render>/again", renders.render_again, name="render-again"),
    path("a/<slug:agency>/takes/<rnd:render>/continue", pictures.take_continue, name="take-continue"),
    path("a/<slug:agency>/takes/<rnd:render>/make", make.make, name="take-make"),
    path("a/<slug:agency>/takes/<rnd:render>/make/preview", make.make_preview, name="take-make-preview"),
    path("a/<slug:agency>/takes/<rnd:render>/archive", files.take_archive, name="take-archive"),
    path("a/<slug:agency>/takes/<rnd:render>/restore", files.take_restore, name="take-restore"),
    path("a/<slug:agency>/takes/<rnd:render>/hold", files.take_hold, name="take-hold"),
    path("a/<slug:agency>/takes/<rnd:render>/release", files.take_release, name="take-release"),
    path("a/<slug:agency>/takes/<rnd:render>/delete", files.take_delete, name="take-delete"),
    path("a/<slug:agency>/takes/<rnd:render>/undo-delete", files.take_undo_delete, name="take-undo-delete"),
    path("a/<slug:agency>/takes/<rnd:render>/deletion", files.take_deletion, name="take-deletion"),
    path("a/<slug:agency>/takes/<rnd:render>/watermark", provenance.note_watermark, name="take-watermark"),
    path("a/<slug:agency>/takes/<rnd:render>/acknowledge", provenance.acknowledge, name="take-acknowledge"),
    path("a/<slug:agency>/retention/", retention.retention, name="retention"),
    path("a/<slug:agency>/retention/rules/<slug:rule>", retention.retention_rule, name="retention-rule"),
    path("a/<slug:agency>/retention/requests/new", retention.purge_new, name="purge-new"),
    path("a/<slug:agency>/retention/requests/<prg:purge>", retention.purge_page, name="purge"),
    path(
        "a/<slug:agency>/retention/requests/<prg:purge>/approve",
        retention.purge_approve,
        name="purge-approve",
    ),
    path(
        "a/<slug:agency>/retention/requests/<prg:purge>/refuse", retention.purge_refuse, name="purge-refuse"
    ),
    path("a/<slug:agency>/receipts/<rct:receipt>", receipts.receipt_page, name="receipt"),
    path("a/<slug:agency>/receipts/<rct:receipt>.json", receipts.receipt_json, name="receipt-json"),
    path("verify", receipts.verify_document, name="verify"),
    path("signing-keys.json", receipts.signing_keys, name="signing-keys"),
    path("signing-keys.pem", receipts.signing_keys_pem, name="signing-keys-pem"),
    path("a/<slug:agency>/approvals/", orders.approvals, name="approvals"),
    path("a/<slug:agency>/approvals/threshold", orders.threshold, name="approval-threshold"),
    path("a/<slug:agency>/approvals/<ord:order>", orders.order_page, name="order"),
    path("a/<slug:agency>/approvals/<ord:order>/decide", orders.order_decide, name="order-decide"),
    path("a/<slug:agency>/spend/", spend.spend, name="spend"),
    path("a/<slug:agency>/spend/ledger.csv", spend_csv.ledger_csv, name="ledger-csv"),
    path("a/<slug:agency>/spend/summary.csv", spend_csv.summary_csv, name="summary-csv"),
    path("a/<slug:agency>/spend/planner", planner.planner, name="planner"),
    path("a/<slug:agency>/spend/budget", spend.set_budget, name="set-budget"),
    path("a/<slug:agency>/spend/budget/<bud:budget>/remove", spend.remove_budget, name="budget-remove"),
    path("a/<slug:agency>/policy/", policy.policy_list, name="policy"),
    path("a/<slug:agency>/policy/<pca:case>", policy.policy_case, name="policy-case"),
    path("a/<slug:agency>/policy/<pca:case>/appeal", policy.policy_appeal, name="policy-appeal"),
    path("a/<slug:agency>/policy/<pca:case>/take", policy.policy_take, name="policy-take"),
    path("a/<slug:agency>/settings/rules/", rules.rules, name="rules"),
    path("a/<slug:agency>/settings/rules/<plr:rule>/off", rules.rule_drop, name="rule-drop"),
    path("staff/triage/", triage.triage, name="triage"),
    path("staff/triage/<pca:case>", triage.triage_case, name="triage-case"),
    path("staff/triage/<pca:case>/appeal", appeals.appeal_decide, name="appeal-decide"),
    path("staff/triage/<pca:case>/<slug:act>", triage.triage_do, name="triage-do"),
    path("staff/appeals/", appeals.appeals, name="appeals"),
    path("staff/agencies/", agencies.agencies, name="staff-agencies"),
    path("staff/agencies/<agy:agency>", agencies.agency_page, name="staff-agency"),
    path("staff/agencies/<agy:agency>/switch", agencies.agency_switch, name="staff-switch"),
    path("staff/agencies/<agy:agency>/weight", agencies.agency_weight, name="staff-weight"),
    path("staff/images/", staff_pictures.picture_list, name="staff-pictures"),
    path("staff/images/<pic:picture>", staff_pictures.picture_decide, name="staff-picture-decide"),
    path("staff/doubts/", doubts.doubts, name="doubts"),
    path("staff/doubts/<rnd:render>", doubts.doubt, name="doubt"),
    path("staff/doubts/<rnd:render>/do", doubts.doubt_do, name="doubt-do"),
    path("staff/mismatches/", mismatches.mismatches, name="mismatches"),
    path("staff/mismatches/<int:mismatch>", mismatches.mismatch_resolve, name="mismatch-resolve"),
    path("staff/mismatches/compare/<slug:account>", mismatches.mismatch_compare, name="mismatch-compare"),
    path("staff/takes/<rnd:render>", agencies.take_down, name="staff-take"),
    path("staff/accounts/", accounts.account_list, name="accounts"),
    path("staff/accounts/new", account_settings.account_new, name="account-new"),
    path(
        "staff/accounts/<slug:account>/settings", account_settings.account_settings, name="account-settings"
    ),
    path("staff/accounts/<slug:account>/models", account_settings.account_models, name="account-models"),
    path("staff/accounts/<slug:account>/flag", account_settings.account_flag, name="account-flag"),
    path("staff/accounts/<slug:account>/alerts/<int:alert>", account_settings.alert_seen, name="alert-seen"),
    path("staff/accounts/<slug:account>/drill", account_settings.account_drill, name="account-drill"),
    path(
        "staff/accounts/<slug:account>/retarget", account_settings.account_retarget, name="account-retarget"
    ),
    path("staff/accounts/<slug:account>/", accounts.account_card, name="account-card"),
    path("staff/accounts/<slug:account>/check", accounts.account_check, name="account-check"),
    path("staff/accounts/<slug:account>/breaker", accounts.account_breaker, name="account-breaker"),
    path("staff/accounts/<slug:account>/likeness", accounts.account_likeness, name="account-likeness"),
    path("media/<str:token>", media.media, name="media"),
    path("hooks/videos/<slug:account>/", hooks.videos_webhook, name="videos-webhook"),
]
