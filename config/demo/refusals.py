"""Briefs of the demo that policy refuses: one waits for staff, one is appealed, for one a wording was suggested."""

from config.demo.script import Shot
from renders import pricing
from renders.actions.appeals import make_appeal
from renders.actions.cases import suggest_wording
from renders.actions.renders import BlockedByPolicy, account_for_new_renders, submit_render
from renders.models import Brief, PolicyCase
from tenants.models import User

REFUSED = (
    Shot(
        "Acme",
        "Summer teaser",
        "Balloon over the square",
        "A parade balloon of Mickey Mouse floats over a square full of paper lanterns.",
        "refused",
        {"camera": "From a rooftop, slow tilt up."},
    ),
    Shot(
        "Harbour Tea",
        "Winter blend",
        "The van named Elsa",
        "Elsa, a small blue ice-cream van, rolls along an empty promenade in light snow.",
        "appealed",
        {"lighting": "Soft winter noon."},
    ),
    Shot(
        "Acme",
        "Summer teaser",
        "Brass band on the pier",
        "Tin wind-up musicians march along a pier at noon.",
        "reworded",
        {"audio": "A brass band plays Eye of the Tiger.", "safety_tags": "suitable for all ages, no people"},
    ),
)


def refuse(brief: Brief, fate: str, by: User, staff: User) -> None:
    """Submit it once, and let happen to its case what the script says. Call it inside the agency's scope."""
    if PolicyCase.objects.filter(brief=brief).exists():
        return
    quote = pricing.quote(
        account_for_new_renders(), model=brief.model, size=brief.size, seconds=brief.seconds or 0
    )
    try:
        submit_render(brief=brief, submit_key=f"demo-{brief.public_id}", shown_microusd=quote.microusd, by=by)
    except BlockedByPolicy:
        case = PolicyCase.objects.select_related("brief__project").get(brief=brief)
    else:
        raise AssertionError(f"The rules let “{brief.title}” through; the demo needs it refused.")
    if fate == "appealed":
        make_appeal(
            case=case,
            reason="Elsa is the name of our client's ice-cream van since 1962. Nothing in the clip is from a film.",
            by=by,
        )
    if fate == "reworded":
        suggest_wording(
            case=case,
            texts={"audio": "A brass band plays a bouncy march of its own."},
            answer="Any march will do, as long as nobody knows it already.",
            by=staff,
        )
