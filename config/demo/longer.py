"""A storyboard that is planned and not started, and a brief that opens with an image: for the demo's visitors to go on with."""

import io

from PIL import Image, ImageDraw

from renders.actions.briefs import save_brief
from renders.actions.pictures import attest_picture, fit_picture, upload_picture
from renders.actions.storyboards import create_storyboard, save_plan
from renders.models import Brief, Project
from renders.pictures import Choice
from renders.storyboards import Wanted
from tenants.models import User

SIZE = "1280x720"
STORYBOARD = "A day on the tea terraces"
SCENES = (
    Wanted("Dawn mist lifts from terraced tea bushes, seen from a hillside path.", 8),
    Wanted("The same hillside at noon, same bushes, same path; a wind moves through the leaves.", 12),
    Wanted("Evening on the same path: violet sky, one lantern is lit, the mist comes back.", 12),
)
OPENING = "Teal door, logo reveal"


def load(project: Project, by: User) -> None:
    """Both, once."""
    if not Brief.objects.filter(title=STORYBOARD).exists():
        board = create_storyboard(
            project=project, title=STORYBOARD, model="sora-2", size=SIZE, first=SCENES[0], by=by
        )
        save_plan(board=board, scenes=SCENES, by=by)
    if not Brief.objects.filter(title=OPENING).exists():
        _opening(project, by)


def _opening(project: Project, by: User) -> None:
    """A draft whose image was larger than the clip, and was cut."""
    data = _door()
    original = upload_picture(chunks=[data], size=len(data), fits=SIZE, by=by)
    cut = fit_picture(file=original, size=SIZE, choice=Choice(y=30), by=by)
    attest_picture(file=cut, by=by)
    save_brief(
        project=project,
        title=OPENING,
        texts={
            "subject": "The teal door opens a hand’s breadth and warm light falls out.",
            "camera": "Locked off.",
        },
        by=by,
        model="sora-2",
        size=SIZE,
        seconds=4,
        picture=cut,
    )


def _door() -> bytes:
    """A drawn door in a white wall."""
    image = Image.new("RGB", (1600, 1200), (236, 232, 222))
    pen = ImageDraw.Draw(image)
    pen.rectangle((0, 1000, 1600, 1200), fill=(176, 162, 138))
    pen.rounded_rectangle((600, 180, 1000, 1000), radius=200, fill=(24, 104, 112))
    pen.rounded_rectangle((640, 230, 960, 980), radius=160, outline=(214, 184, 110), width=8)
    pen.ellipse((900, 600, 930, 630), fill=(214, 184, 110))
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()
