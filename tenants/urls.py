"""Addresses of people, agencies and the audit trail."""

from django.urls import path, register_converter

from tenants.public_ids import converter
from tenants.views import audit, dev, entrance, members, settings

register_converter(converter("mem"), "mem")
register_converter(converter("inv"), "inv")

app_name = "tenants"

urlpatterns = [
    path("", entrance.entrance, name="entrance"),
    path("second-factor", entrance.second_factor, name="second-factor"),
    path("start", entrance.start, name="start"),
    path("join/<str:token>", entrance.join, name="join"),
    path("a/<slug:agency>/members/", members.member_list, name="members"),
    path("a/<slug:agency>/members/invite", members.invite, name="invite"),
    path("a/<slug:agency>/members/<mem:member>/role", members.change_role, name="change-role"),
    path("a/<slug:agency>/members/<mem:member>/remove", members.remove, name="remove-member"),
    path("a/<slug:agency>/members/<mem:member>/erase", members.erase, name="erase-member"),
    path(
        "a/<slug:agency>/invitations/<inv:invitation>/revoke",
        members.revoke_invitation,
        name="revoke-invitation",
    ),
    path("a/<slug:agency>/audit/", audit.audit_log, name="audit"),
    path("a/<slug:agency>/audit/export.csv", audit.audit_csv, name="audit-csv"),
    path("a/<slug:agency>/audit/check", audit.audit_check, name="audit-check"),
    path("a/<slug:agency>/settings/", settings.brand_settings, name="settings"),
    path("logo/<uuid:org>/<slug:name>.webp", settings.logo, name="logo"),
    path("dev/mailbox", dev.dev_mailbox, name="dev-mailbox"),
]
