from renders.models.accounts import CheckFailure, Mode, ModelOffer, PriceRow, ProviderAccount, SettlementRule
from renders.models.assets import Asset, AssetKind, AssetState
from renders.models.briefs import Brief, BriefVersion, Project
from renders.models.characters import BriefCharacter, Registration, RegistrationStatus, VersionCharacter
from renders.models.inbound import InboundEvent
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
    "BriefCharacter",
    "BriefVersion",
    "Budget",
    "BudgetPeriod",
    "CheckFailure",
    "InboundEvent",
    "LedgerEntry",
    "Level",
    "Mode",
    "ModelOffer",
    "Period",
    "PriceRow",
    "Project",
    "ProviderAccount",
    "Registration",
    "RegistrationStatus",
    "Render",
    "RenderEvent",
    "SettlementRule",
    "VersionCharacter",
]
