"""A second account in reserve: the emulator as a server of open weights, so that a move can be rehearsed."""

from renders.actions.account_settings import set_rate
from renders.actions.accounts import set_up_account
from renders.models import ModelOffer, ProviderAccount

SLUG = "own-machines"
_WIRE = "Wan-AI/Wan2.2-T2V-A14B-Diffusers"
_RATE = 20_000  # micro-dollars a second: the power, not a vendor


def address(emulator_url: str) -> str:
    """Where the emulator speaks as vLLM-Omni does. `emulator_url` ends in /v1."""
    return f"{emulator_url.removesuffix('/v1')}/as/vllm-omni/v1"


def move(emulator_url: str) -> None:
    """The emulator has another address."""
    ProviderAccount.objects.filter(slug=SLUG).update(base_url=address(emulator_url))


def set_up_reserve(emulator_url: str, api_key: str) -> ProviderAccount:
    """Safe to repeat. It has one model under the name that briefs know, and takes no new work while the first one does."""
    account = set_up_account(
        slug=SLUG,
        name="Own machines (emulated)",
        base_url=address(emulator_url),
        api_key=api_key,
        webhook_secrets=[],
        is_emulator=True,
        dialect="vllm-omni",
        max_in_flight=2,
        list_grace_seconds=20,
    )
    offers = ModelOffer.objects.filter(account=account)
    offers.filter(model="sora-2-pro").update(is_enabled=False)
    offers.filter(model="sora-2").update(
        label="Wan 2.2",
        purpose="Our own machines: cheap, for finding the idea.",
        wire_model=_WIRE,
        seconds=[4, 8, 10],
    )
    for size in offers.get(model="sora-2").sizes:
        set_rate(account, model="sora-2", size=size, microusd_per_second=_RATE)
    return account
