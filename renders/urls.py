"""Addresses of briefs, takes, spend, media and webhooks."""

from django.urls import path, register_converter

from characters import urls as characters_urls  # noqa: F401 - registers the converter of chr_…
from renders.views import accounts, briefs, cut, files, hooks, media, queue, renders, spend
from tenants.public_ids import converter

register_converter(converter("brf"), "brf")
register_converter(converter("rnd"), "rnd")

app_name = "renders"

urlpatterns = [
    path("a/<slug:agency>/briefs/", briefs.brief_list, name="brief-list"),
    path("a/<slug:agency>/briefs/new", briefs.brief_new, name="brief-new"),
    path("a/<slug:agency>/briefs/preview", briefs.brief_preview, name="brief-preview"),
    path("a/<slug:agency>/briefs/<brf:brief>", briefs.brief_edit, name="brief-edit"),
    path("a/<slug:agency>/briefs/<brf:brief>/archive", briefs.brief_archive, name="brief-archive"),
    path("a/<slug:agency>/projects/new", briefs.project_new, name="project-new"),
    path("a/<slug:agency>/characters/<chr:character>/takes", cut.character_takes, name="character-takes"),
    path(
        "a/<slug:agency>/characters/<chr:character>/takes/<rnd:render>",
        cut.character_take,
        name="character-take",
    ),
    path("a/<slug:agency>/queue/", queue.queue, name="queue"),
    path("a/<slug:agency>/queue/<rnd:render>", queue.queue_row, name="queue-row"),
    path("a/<slug:agency>/takes/<rnd:render>", renders.render_page, name="render"),
    path("a/<slug:agency>/takes/<rnd:render>/status", renders.render_status, name="render-status"),
    path("a/<slug:agency>/takes/<rnd:render>/cancel", renders.render_cancel, name="render-cancel"),
    path("a/<slug:agency>/takes/<rnd:render>/again", renders.render_again, name="render-again"),
    path("a/<slug:agency>/takes/<rnd:render>/archive", files.take_archive, name="take-archive"),
    path("a/<slug:agency>/takes/<rnd:render>/restore", files.take_restore, name="take-restore"),
    path("a/<slug:agency>/takes/<rnd:render>/hold", files.take_hold, name="take-hold"),
    path("a/<slug:agency>/takes/<rnd:render>/release", files.take_release, name="take-release"),
    path("a/<slug:agency>/takes/<rnd:render>/delete", files.take_delete, name="take-delete"),
    path("a/<slug:agency>/spend/", spend.spend, name="spend"),
    path("a/<slug:agency>/spend/budget", spend.set_budget, name="set-budget"),
    path("staff/accounts/", accounts.account_list, name="accounts"),
    path("staff/accounts/<slug:account>/", accounts.account_card, name="account-card"),
    path("staff/accounts/<slug:account>/check", accounts.account_check, name="account-check"),
    path("staff/accounts/<slug:account>/likeness", accounts.account_likeness, name="account-likeness"),
    path("media/<str:token>", media.media, name="media"),
    path("hooks/videos/<slug:account>/", hooks.videos_webhook, name="videos-webhook"),
]
