"""Addresses of characters."""

from django.urls import path, register_converter

from characters.views import approval, clips, library, pages, staff
from tenants.public_ids import converter

register_converter(converter("chr"), "chr")
register_converter(converter("chc"), "chc")

app_name = "characters"

_ONE = "a/<slug:agency>/characters/<chr:character>"

urlpatterns = [
    path("a/<slug:agency>/characters/", library.character_list, name="character-list"),
    path("a/<slug:agency>/characters/new", pages.character_new, name="character-new"),
    path(_ONE, pages.character_page, name="character"),
    path(f"{_ONE}/status", pages.character_status, name="character-status"),
    path(f"{_ONE}/edit", pages.character_edit, name="character-edit"),
    path(f"{_ONE}/clip", clips.clip_upload, name="clip-upload"),
    path(f"{_ONE}/clips/<chc:clip>/cut", clips.clip_cut, name="clip-cut"),
    path(f"{_ONE}/clips/<chc:clip>/use", clips.clip_use, name="clip-use"),
    path(f"{_ONE}/send", approval.character_send, name="character-send"),
    path(f"{_ONE}/take-back", approval.character_take_back, name="character-take-back"),
    path(f"{_ONE}/approve", approval.character_approve, name="character-approve"),
    path(f"{_ONE}/changes", approval.character_changes, name="character-changes"),
    path(f"{_ONE}/register", approval.character_register, name="character-register"),
    path(f"{_ONE}/retire", pages.character_retire, name="character-retire"),
    path(f"{_ONE}/bring-back", pages.character_bring_back, name="character-bring-back"),
    path(f"{_ONE}/revoke", pages.character_revoke, name="character-revoke"),
    path("staff/characters/", staff.likeness_list, name="likeness-list"),
    path("staff/characters/<chc:clip>/decide", staff.likeness_decide, name="likeness-decide"),
]
