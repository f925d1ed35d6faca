"""What a person reads once everything is up."""

PASSWORD = "dailies-demo-2026"  # noqa: S105 - the demonstration's, printed on purpose

# (address, who they are); the demo data gives each of them PASSWORD.
CAST = (
    ("amara@northlight.test", "producer, owns the agency Northlight"),
    ("bruno@northlight.test", "reviewer at Northlight"),
    ("fay@northlight.test", "finance at Northlight"),
    ("vera@northlight.test", "viewer at both agencies"),
    ("dmitri@rivalry.test", "owner of the rival agency"),
    ("sol@dailies.test", "platform staff; the one-time code is in /dev/mailbox"),
    ("noor@dailies.test", "platform staff, the second person of every appeal"),
    ("clara@acme.test", "client: has no account, opens a review link"),
)


def banner(url: str, *, with_demo: bool) -> str:
    """The address, the logins, how to stop."""
    lines = ["", f"  Dailies is ready:  {url}", ""]
    if with_demo:
        lines += [f"    {address:<24} {who}" for address, who in CAST]
        lines += [f"    password for all of them: {PASSWORD}", ""]
    lines += ["  Ctrl-C stops everything. The data stay for the next start.", ""]
    return "\n".join(lines)
