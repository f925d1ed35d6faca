"""make verify-litellm: run the take through the real proxy, and end with one line that says what held."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.emulator.driver import ROOT


def main() -> int:
    """The exit code of the run."""
    with tempfile.TemporaryDirectory() as folder:
        said = Path(folder) / "said"
        run = [sys.executable, "-m", "pytest", "-q", "-p", "no:randomly", "tests/verification/litellm_run.py"]
        code = subprocess.run(
            run, cwd=ROOT, check=False, env={**os.environ, "LITELLM_SAID": str(said)}
        ).returncode
        print(
            said.read_text(encoding="utf-8")
            if said.exists()
            else "LiteLLM: the take did not go through; see above."
        )
    return code


if __name__ == "__main__":
    sys.exit(main())
