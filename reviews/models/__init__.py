from reviews.models.decisions import Decision, DecisionNote, Verdict
from reviews.models.portal import Guest, PortalLink
from reviews.models.rounds import Comment, Round, Stage, StageKind, Visibility

__all__ = [
    "Comment",
    "Decision",
    "DecisionNote",
    "Guest",
    "PortalLink",
    "Round",
    "Stage",
    "StageKind",
    "Verdict",
    "Visibility",
]
