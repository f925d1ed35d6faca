"""Read and verify content credentials (C2PA). Runs in the subprocess only; it opens no connection."""

import json
from pathlib import Path
from typing import Any

import c2pa

# Codes that say something of the signer, not of the file.
_OF_TRUST = {
    "signingCredential.untrusted",
    "signingCredential.ocsp.unknown",
    "signingCredential.ocsp.skipped",
}
_MOST_CODES = 20
_LONGEST = 200


def credentials(source: Path, anchors: Path | None) -> dict[str, Any]:
    """What the file says of itself: {"state": absent|present|broken|valid|trusted, "generator", "signer", "claimed_at",
    "problems"}. `anchors`: PEM certificates that a signer may lead to; without them nobody is trusted.
    """
    settings: dict[str, Any] = {"verify": {"remote_manifest_fetch": False, "ocsp_fetch": False}}
    if anchors is not None:
        settings["trust"] = {"trust_anchors": anchors.read_text(encoding="ascii")}
        settings["verify"]["verify_trust"] = True
    try:
        with source.open("rb") as file:
            context = c2pa.Context(settings=c2pa.Settings.from_dict(settings))
            with c2pa.Reader("video/mp4", file, context=context) as reader:
                return _facts(json.loads(reader.json()), is_checked=anchors is not None)
    except c2pa.C2paError.ManifestNotFound:  # type: ignore[attr-defined]
        return _answer("absent")
    except c2pa.C2paError.RemoteManifest as error:  # type: ignore[attr-defined]
        # The file names another place for its credentials, and we ask nobody.
        return _answer("present", problems=[_short(error)])
    except c2pa.C2paError as error:
        return _answer("broken", problems=[_short(error)])


def _answer(state: str, **facts: Any) -> dict[str, Any]:
    return {"state": state, "generator": "", "signer": "", "claimed_at": "", "problems": []} | facts


def _short(error: object) -> str:
    return " ".join(str(error).split())[:_LONGEST]


def _facts(store: dict[str, Any], *, is_checked: bool) -> dict[str, Any]:
    manifest = store.get("manifests", {}).get(store.get("active_manifest"), {})
    failures = [
        str(row.get("code", "unknown"))
        for row in store.get("validation_results", {}).get("activeManifest", {}).get("failure", [])
    ]
    problems = [code for code in failures if code not in _OF_TRUST][:_MOST_CODES]
    said = {
        "generator": _generator(manifest)[:_LONGEST],
        "signer": _signer(manifest)[:_LONGEST],
        "claimed_at": _claimed_at(manifest),
        "problems": problems,
    }
    state = _state(str(store.get("validation_state", "")), problems, is_checked=is_checked)
    return _answer(state, **said)


def _state(verdict: str, problems: list[str], *, is_checked: bool) -> str:
    if verdict == "Trusted" and is_checked:
        return "trusted"
    if verdict in {"Valid", "Trusted"} and not problems:
        return "valid"
    return "broken" if problems or verdict == "Invalid" else "present"


def _generator(manifest: dict[str, Any]) -> str:
    named = manifest.get("claim_generator_info") or [{}]
    name = " ".join(str(named[0].get(part, "")) for part in ("name", "version")).strip()
    return name or str(manifest.get("claim_generator", ""))


def _signer(manifest: dict[str, Any]) -> str:
    info = manifest.get("signature_info", {})
    names = [str(info[part]) for part in ("common_name", "issuer") if info.get(part)]
    return ", ".join(dict.fromkeys(names))


def _claimed_at(manifest: dict[str, Any]) -> str:
    """The time stamp of the signature, or when the file says that it was made; both are the signer's words."""
    stamped = manifest.get("signature_info", {}).get("time")
    if stamped:
        return str(stamped)
    for assertion in manifest.get("assertions", []):
        if str(assertion.get("label", "")).startswith("c2pa.actions"):
            for action in assertion.get("data", {}).get("actions", []):
                if action.get("when"):
                    return str(action["when"])
    return ""
