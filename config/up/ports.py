"""Whether our ports are free, asked before anything starts."""

import socket

# The pages; live updates; the emulated provider; the emulator's controls.
PORTS_NEEDED = 4


def require_free(host: str, first: int) -> None:
    """Raises RuntimeError with one sentence and the remedy when one of our ports is taken."""
    for port in range(first, first + PORTS_NEEDED):
        if not 1 <= port <= 65535:
            raise RuntimeError(
                f"PORT={first} leaves no room for {PORTS_NEEDED} ports in a row. Try PORT=8000."
            )
        if _is_taken(host, port):
            remedy = first + 100 if first < 65_000 else 8000
            raise RuntimeError(
                f"Port {port} is taken by another program. Stop it, or choose other ports with `PORT={remedy}`: "
                f"four in a row are needed."
            )


def _is_taken(host: str, port: int) -> bool:
    # Binding alone would not notice a program that shares its port, nor one on the other kind of `localhost`.
    for family, address in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        try:
            with socket.socket(family) as probe:
                probe.settimeout(0.3)
                if probe.connect_ex((address, port)) == 0:
                    return True
        except OSError:
            continue  # no IPv6 here
    with socket.socket(socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return True
    return False
