"""Secrets that one machine makes for itself on the first start, so that its own processes know each other."""

import base64
import json
import secrets
from pathlib import Path


def machine_secrets(data_dir: Path) -> dict[str, str]:
    """EMULATOR_API_KEY and EMULATOR_WEBHOOK_SECRET: made once, kept in a file only its owner may read."""
    path = data_dir / "secrets.json"
    if path.is_file():
        known = json.loads(path.read_text(encoding="utf-8"))
        return {str(name): str(value) for name, value in known.items()}
    made = {
        "EMULATOR_API_KEY": f"sk-emulator-{secrets.token_urlsafe(24)}",
        "EMULATOR_WEBHOOK_SECRET": f"whsec_{base64.b64encode(secrets.token_bytes(24)).decode()}",
    }
    fresh = path.with_suffix(".new")
    fresh.touch(mode=0o600)
    fresh.write_text(json.dumps(made), encoding="utf-8")
    fresh.replace(path)
    return made
