from renders.models.accounts import (
    AccountAlert,
    CheckFailure,
    Mode,
    ModelOffer,
    PriceRow,
    ProviderAccount,
    SettlementRule,
)
from renders.models.answers import Allowance, Appeal, AppealVerdict, Suggestion
from renders.models.assets import Asset, AssetKind, AssetState
from renders.models.briefs import Brief, BriefVersion, Project
from renders.models.characters import BriefCharacter, Registration, RegistrationStatus, VersionCharacter
from renders.models.comparisons import Comparison, Mismatch, MismatchKind
from renders.models.deletions import (
    Cause,
    Deletion,
    DeletionReceipt,
    DeletionState,
    PurgeRequest,
    PurgeVerdict,
)
from renders.models.dispatch import AgencyTurn, BreakerTrip, ClientTurn, Pace, QuotaWindow
from renders.models.inbound import InboundEvent
from renders.models.orders import ApprovalRule, Order, OrderVerdict
from renders.models.pictures import Picture, PictureFile, PictureFileKind, PictureOrigin
from renders.models.policy import (
    RESOLVED,
    UNRESOLVED,
    CaseState,
    PolicyCase,
    PolicyEvent,
    PolicyMove,
    RefusalKind,
)
from renders.models.provenance import Credentials, Provenance, Watermark
from renders.models.renders import Attempt, AttemptStatus, Render, RenderEvent
from renders.models.resolutions import Remedy, Resolution, ResolutionVerdict
from renders.models.rules import PolicyRule, RulesVersion
from renders.models.spend import Book, Budget, BudgetPeriod, LedgerEntry, Level, Period
from renders.models.storyboards import Continuity, ContinuityItem, Scene, Storyboard, StoryboardEvent

__all__ = [
    "RESOLVED",
    "UNRESOLVED",
    "AccountAlert",
    "AgencyTurn",
    "Allowance",
    "Appeal",
    "AppealVerdict",
    "ApprovalRule",
    "Asset",
    "AssetKind",
    "AssetState",
    "Attempt",
    "AttemptStatus",
    "Book",
    "BreakerTrip",
    "Brief",
    "BriefCharacter",
    "BriefVersion",
    "Budget",
    "BudgetPeriod",
    "CaseState",
    "Cause",
    "CheckFailure",
    "ClientTurn",
    "Comparison",
    "Continuity",
    "ContinuityItem",
    "Credentials",
    "Deletion",
    "DeletionReceipt",
    "DeletionState",
    "InboundEvent",
    "LedgerEntry",
    "Level",
    "Mismatch",
    "MismatchKind",
    "Mode",
    "ModelOffer",
    "Order",
    "OrderVerdict",
    "Pace",
    "Period",
    "Picture",
    "PictureFile",
    "PictureFileKind",
    "PictureOrigin",
    "PolicyCase",
    "PolicyEvent",
    "PolicyMove",
    "PolicyRule",
    "PriceRow",
    "Project",
    "Provenance",
    "ProviderAccount",
    "PurgeRequest",
    "PurgeVerdict",
    "QuotaWindow",
    "RefusalKind",
    "Registration",
    "RegistrationStatus",
    "Remedy",
    "Render",
    "RenderEvent",
    "Resolution",
    "ResolutionVerdict",
    "RulesVersion",
    "Scene",
    "SettlementRule",
    "Storyboard",
    "StoryboardEvent",
    "Suggestion",
    "VersionCharacter",
    "Watermark",
]
