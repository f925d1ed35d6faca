from renders.models.accounts import CheckFailure, Mode, ModelOffer, PriceRow, ProviderAccount, SettlementRule
from renders.models.assets import Asset, AssetKind, AssetState
from renders.models.briefs import Brief, BriefVersion, Project
from renders.models.deletions import (
    Cause,
    Deletion,
    DeletionReceipt,
    DeletionState,
    PurgeRequest,
    PurgeVerdict,
)
from renders.models.inbound import InboundEvent
from renders.models.provenance import Credentials, Provenance, Watermark
from renders.models.renders import Attempt, AttemptStatus, Render, RenderEvent
from renders.models.spend import Book, Budget, BudgetPeriod, LedgerEntry, Level, Period

__all__ = [
    "Asset",
    "AssetKind",
    "AssetState",
    "Attempt",
    "AttemptStatus",
    "Book",
    "Brief",
    "BriefVersion",
    "Budget",
    "BudgetPeriod",
    "Cause",
    "CheckFailure",
    "Credentials",
    "Deletion",
    "DeletionReceipt",
    "DeletionState",
    "InboundEvent",
    "LedgerEntry",
    "Level",
    "Mode",
    "ModelOffer",
    "Period",
    "PriceRow",
    "Project",
    "Provenance",
    "ProviderAccount",
    "PurgeRequest",
    "PurgeVerdict",
    "Render",
    "RenderEvent",
    "SettlementRule",
    "Watermark",
]
