"""The real LiteLLM proxy as a process, in front of an emulator. It lives in an environment of its own: make verify-litellm."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.emulator.driver import ROOT, free_port

PYTHON = ROOT / ".venv-litellm" / "bin" / "python"
KEY = "sk-proxy-for-tests"
MODELS = ("sora-2", "sora-2-pro")
_DEPLOYMENT = """  - model_name: {model}
    litellm_params:
      model: openai/{model}
      api_base: {url}
      api_key: {key}
"""


@dataclass(frozen=True)
class Proxy:
    """`url` ends in /v1."""

    url: str
    version: str


@contextmanager
def proxy(folder: Path, *, upstream: str, upstream_key: str) -> Iterator[Proxy]:
    """Start one; it ends with the context. Raises AssertionError with what it said when it does not answer."""
    port = free_port()
    deployments = "".join(_DEPLOYMENT.format(model=model, url=upstream, key=upstream_key) for model in MODELS)
    config = folder / "litellm.yaml"
    config.write_text(
        f"model_list:\n{deployments}general_settings:\n  master_key: {KEY}\nlitellm_settings:\n  num_retries: 0\n"
    )
    log = folder / "litellm.log"
    command = [
        str(PYTHON.with_name("litellm")),
        "--config",
        str(config),
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
    ]
    quiet = {"LITELLM_LOCAL_MODEL_COST_MAP": "True", "LITELLM_TELEMETRY": "False", "NO_DOCS": "True"}
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env={"PATH": os.environ["PATH"], "HOME": str(folder), **quiet},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        _await(f"http://127.0.0.1:{port}/health/liveliness", process, log)
        yield Proxy(f"http://127.0.0.1:{port}/v1", _version())
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()


def _await(url: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        try:
            if httpx.get(url, timeout=2).is_success:
                return
        except httpx.HTTPError:
            pass
        assert process.poll() is None, log.read_text()[-3000:]
        time.sleep(0.3)
    raise AssertionError(f"The proxy does not answer:\n{log.read_text()[-3000:]}")


def _version() -> str:
    code = "import importlib.metadata as m; print(m.version('litellm'))"
    done = subprocess.run([str(PYTHON), "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.strip()
