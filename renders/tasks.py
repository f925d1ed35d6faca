"""The pipeline on one page. A message says "look now"; the row says what is to be done."""

from functools import partial
from uuid import UUID

import dramatiq

from renders.states import State
from renders.steps import check_account as check_step
from renders.steps import compare as compare_step
from renders.steps import derive as derive_step
from renders.steps import fetch as fetch_step
from renders.steps import forget as forget_step
from renders.steps import house as house_step
from renders.steps import moderate as moderate_step
from renders.steps import poll as poll_step
from renders.steps import purge as purge_step
from renders.steps import reconcile as reconcile_step
from renders.steps import register as register_step
from renders.steps import retain as retain_step
from renders.steps import rounds as rounds_step
from renders.steps import storyboards as storyboard_step
from renders.steps import submit as submit_step
from renders.steps import watch as watch_step
from renders.steps.subjects import CharacterSubject, PictureSubject, TakeSubject
from tenants.models import ChoreKind
from tenants.queue import ring


@dramatiq.actor
def submit(org_id: str, render_id: str) -> None:
    if submit_step.submit(UUID(org_id), UUID(render_id), on_more=partial(ring, submit, org_id, render_id)):
        ring(moderate, org_id, render_id)


@dramatiq.actor
def dispatch(account_id: int) -> None:
    submit_step.dispatch(account_id, on_more=partial(ring, dispatch, account_id))


@dramatiq.actor
def moderate(org_id: str, render_id: str) -> None:
    if moderate_step.moderate(UUID(org_id), UUID(render_id)):
        ring(submit, org_id, render_id)


@dramatiq.actor
def suspect(org_id: str, render_id: str) -> None:
    reconcile_step.suspect(UUID(org_id), UUID(render_id))


@dramatiq.actor
def reconcile(org_id: str, render_id: str) -> None:
    reconcile_step.reconcile(UUID(org_id), UUID(render_id))


@dramatiq.actor
def poll(org_id: str, render_id: str) -> None:
    if poll_step.poll(UUID(org_id), UUID(render_id), on_free=partial(ring, submit, org_id, render_id)):
        ring(fetch, org_id, render_id)


@dramatiq.actor
def look(account_id: int) -> None:
    for org_id, render_id in rounds_step.look(account_id):
        ring(poll, str(org_id), str(render_id))


@dramatiq.actor(queue_name="media")
def fetch(org_id: str, render_id: str) -> None:
    if fetch_step.fetch(UUID(org_id), UUID(render_id)):
        ring(derive, org_id, render_id)


@dramatiq.actor(queue_name="media")
def derive(org_id: str, render_id: str) -> None:
    derive_step.derive(UUID(org_id), UUID(render_id))
    board = storyboard_step.board_of(UUID(org_id), UUID(render_id))
    if board is not None:
        ring(storyboard, org_id, str(board))


@dramatiq.actor
def storyboard(org_id: str, board_id: str) -> None:
    take = storyboard_step.go_on(UUID(org_id), UUID(board_id))
    if take is not None:
        ring(submit, org_id, str(take))


@dramatiq.actor
def forget(org_id: str, attempt_id: str) -> None:
    forget_step.forget(UUID(org_id), UUID(attempt_id))


@dramatiq.actor(queue_name="media")
def purge(org_id: str, render_id: str) -> None:
    purge_step.purge(UUID(org_id), TakeSubject(UUID(render_id)))


@dramatiq.actor(queue_name="media")
def purge_character(org_id: str, character_id: str) -> None:
    purge_step.purge(UUID(org_id), CharacterSubject(UUID(character_id)))


@dramatiq.actor(queue_name="media")
def purge_picture(org_id: str, picture_id: str) -> None:
    purge_step.purge(UUID(org_id), PictureSubject(UUID(picture_id)))


@dramatiq.actor
def register(org_id: str, character_id: str) -> None:
    register_step.register(UUID(org_id), UUID(character_id))


@dramatiq.actor
def chore(org_id: str, kind: str) -> None:
    CHORES[ChoreKind(kind)](UUID(org_id))


@dramatiq.actor
def keep_house() -> None:
    house_step.keep_house()


@dramatiq.actor
def compare(account_id: int) -> None:
    compare_step.compare(account_id)


@dramatiq.actor
def check_account(account_id: int) -> None:
    check_step.check_account(account_id)


# Who removes the files of each kind of owner, by Deletion's field.
PURGE_OF = {"render": purge, "character": purge_character, "picture": purge_picture}

# What is done for each agency again and again.
CHORES = {ChoreKind.AUDIT: watch_step.watch, ChoreKind.RETENTION: retain_step.retain}

# Who looks at a due render in each state.
ACTOR_FOR = {
    State.QUEUED: submit,
    State.HELD: moderate,
    State.SUBMITTING: suspect,
    State.RECONCILING: reconcile,
    State.RENDERING: poll,
    State.DOWNLOADING: fetch,
    State.STORED: derive,
}
