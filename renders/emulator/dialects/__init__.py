"""The dialects that the emulator speaks, by name. Each one is a module of data with a few overrides."""

from renders.emulator.dialects.base import Dialect
from renders.emulator.dialects.litellm import LiteLLM
from renders.emulator.dialects.openai import OpenAI, OpenAIGuide
from renders.emulator.dialects.relay import Relay
from renders.emulator.dialects.sglang import SGLang
from renders.emulator.dialects.vllm_omni import VllmOmni

DIALECTS: dict[str, Dialect] = {
    dialect.name: dialect for dialect in (OpenAI(), OpenAIGuide(), VllmOmni(), SGLang(), LiteLLM(), Relay())
}
# What two of them were called before.
FORMER_NAMES = {"spec": "openai", "guide": "openai-guide"}

__all__ = ["DIALECTS", "FORMER_NAMES", "Dialect"]
