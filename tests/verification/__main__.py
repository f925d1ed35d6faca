"""Examine a Videos API server: what it can do, how it differs from the published document, which profile it is.

    python -m tests.verification --base-url http://127.0.0.1:4010/v1 --key sk-emulator [--profile vllm-omni]

Code 0: nothing contradicts the profile (without --profile: it could be examined at all). Code 1: something does.
Code 2: it could not be examined. It makes short clips, and costs what they cost: --most-jobs is the cap.
"""

import argparse
import sys
import time

import httpx

from tests.verification.checks import CHECKS, OPERATIONS, Examination, run
from tests.verification.client import Broken, Server
from tests.verification.expected import NEUTRAL, PROFILES, PUBLISHED


def arguments(argv: list[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.verification", description=__doc__)
    parser.add_argument("--base-url", required=True, help="ends in /v1")
    parser.add_argument("--key", required=True)
    parser.add_argument("--profile", choices=PROFILES, help="what the server is expected to be")
    parser.add_argument("--model", default="", help="model to ask for (default: the first that is listed)")
    parser.add_argument("--size", default="1280x720", help="size of the clips (default 1280x720)")
    parser.add_argument(
        "--most-jobs", type=int, default=40, help="how many clips may be made, at most (default 40)"
    )
    parser.add_argument(
        "--refused-prompt", default="I will murder you", help="a prompt that the server's moderation refuses"
    )
    parser.add_argument("--wait", type=float, default=300.0, help="seconds that one clip may take")
    return parser.parse_args(argv)


def examine(at: Examination) -> dict[str, str]:
    """Every check's finding. Raises Broken when a first clip cannot be had."""
    found: dict[str, str] = {}
    for named in CHECKS:
        found[named.name] = run(named, at)
        if named.name == "create as JSON" and not at.made:
            raise Broken(
                f"No clip can be made, neither by a form nor by JSON (model {at.model or 'unknown'})."
            )
    return found


def nearest(found: dict[str, str]) -> tuple[str, int]:
    """The profile with the fewest contradictions, and how many those are."""
    counts = {name: len(contradictions(found, name)) for name in PROFILES}
    best = min(counts, key=lambda name: counts[name])
    return best, counts[best]


def contradictions(found: dict[str, str], profile: str) -> list[str]:
    """The checks that found something else than the profile says."""
    wanted = PROFILES[profile]
    return [name for name, said in found.items() if said not in NEUTRAL and said != wanted[name]]


def report(found: dict[str, str], profile: str | None) -> None:
    """Operation by operation; what differs from the published document is marked ~, what contradicts the profile !."""
    wanted = PROFILES[profile] if profile else PUBLISHED
    for operation in OPERATIONS:
        print(operation)
        for named in CHECKS:
            if named.operation != operation:
                continue
            said = found[named.name]
            is_known = said in NEUTRAL or said == wanted[named.name]
            mark = (
                "!" if profile and not is_known else " " if said in {*NEUTRAL, PUBLISHED[named.name]} else "~"
            )
            expected = f"   (expected: {wanted[named.name]})" if mark == "!" else ""
            print(f"  {mark} {named.name}: {said}{expected}")


def main(argv: list[str] | None = None) -> int:
    """Examine, report; the exit code."""
    wanted, begun = arguments(argv), time.monotonic()
    server = Server(wanted.base_url, wanted.key, wanted.most_jobs, wanted.wait)
    at = Examination(server, model=wanted.model, size=wanted.size, refused_prompt=wanted.refused_prompt)
    try:
        found = examine(at)
    except (Broken, httpx.HTTPError) as error:
        print(f"It cannot be examined: {error}", file=sys.stderr)
        return 2
    finally:
        server.http.close()
    report(found, wanted.profile)
    best, count = nearest(found)
    differs = sum(said not in NEUTRAL and said != PUBLISHED[name] for name, said in found.items())
    print(f"models: {', '.join(at.models) or 'none listed'}")
    print(
        f"{len(found)} checks of {len(OPERATIONS)} groups in {time.monotonic() - begun:.0f} s, {server.jobs} clips made; "
        f"{differs} differ from the published document; nearest profile: {best} ({count} contradictions)"
    )
    if wanted.profile is None:
        return 0
    against = contradictions(found, wanted.profile)
    print(f"{wanted.profile}: {'nothing contradicts it' if not against else f'{len(against)} contradict it'}")
    return 1 if against else 0


if __name__ == "__main__":
    sys.exit(main())
