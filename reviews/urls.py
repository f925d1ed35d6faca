"""Addresses of the review: home, list, room, certificates, and the client's portal."""

from django.urls import path, register_converter

from renders import urls as renders_urls  # noqa: F401 - registers the converter of rnd_…
from reviews.views import certificates, comments, decisions, home, links, listing, media, people, portal, room
from tenants.public_ids import converter

for prefix in ("rvw", "cmt", "dec", "lnk", "gst"):
    register_converter(converter(prefix), prefix)

app_name = "reviews"

ROOM = "a/<slug:agency>/review/<rnd:render>"
PORTAL = "p/<str:token>"

urlpatterns = [
    path("a/<slug:agency>/", home.home, name="home"),
    path("a/<slug:agency>/home/now", home.home_now, name="home-now"),
    path("a/<slug:agency>/review/", listing.review_list, name="review-list"),
    path(ROOM, room.room, name="room"),
    path(f"{ROOM}/threads", room.threads, name="room-threads"),
    path(f"{ROOM}/threads/window", room.threads_window, name="room-window"),
    path(f"{ROOM}/reply", room.reply, name="room-reply"),
    path(f"{ROOM}/decision", room.decision_panel, name="room-decision"),
    path(f"{ROOM}/sharing", room.sharing_panel, name="room-sharing"),
    path(f"{ROOM}/media", media.room_media, name="room-media"),
    path(f"{ROOM}/original", media.room_original, name="room-original"),
    path(f"{ROOM}/comment", comments.add, name="comment-add"),
    path(f"{ROOM}/comments/<cmt:comment>/resolve", comments.resolve, name="comment-resolve"),
    path(f"{ROOM}/comments/<cmt:comment>/reopen", comments.reopen, name="comment-reopen"),
    path(f"{ROOM}/comments/<cmt:comment>/delete", comments.delete, name="comment-delete"),
    path(f"{ROOM}/decide", decisions.decide, name="decide"),
    path(f"{ROOM}/take-back", decisions.take_back, name="take-back"),
    path(f"{ROOM}/links", links.create, name="link-create"),
    path(f"{ROOM}/links/<lnk:link>/revoke", links.revoke, name="link-revoke"),
    path("a/<slug:agency>/certificates/<dec:decision>", certificates.team, name="certificate"),
    path("a/<slug:agency>/certificates/<dec:decision>.json", certificates.team_json, name="certificate-json"),
    path("a/<slug:agency>/retention/people/", people.people, name="people"),
    path("a/<slug:agency>/retention/people/<gst:guest>/erase", people.erase, name="person-erase"),
    path(f"{PORTAL}/", portal.watch, name="portal"),
    path(f"{PORTAL}/enter", portal.enter, name="portal-enter"),
    path(f"{PORTAL}/comment", portal.comment, name="portal-comment"),
    path(f"{PORTAL}/decide", portal.decide, name="portal-decide"),
    path(f"{PORTAL}/download", media.portal_download, name="portal-download"),
    path(f"{PORTAL}/media", media.portal_media, name="portal-media"),
    path(f"{PORTAL}/certificate/<dec:decision>", certificates.guest, name="portal-certificate"),
    path(
        f"{PORTAL}/certificate/<dec:decision>.json", certificates.guest_json, name="portal-certificate-json"
    ),
    path(f"{PORTAL}/brand.css", portal.brand, name="portal-brand"),
]
