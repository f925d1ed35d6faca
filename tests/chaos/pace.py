"""The product's waits, short enough for a test. Their order is kept: a lease outlives the call that it covers."""

from datetime import timedelta


def shorten() -> None:
    """For this process. Nothing else about a step is changed."""
    from renders import rhythm, sweep
    from renders.steps import derive, fetch, forget, poll, purge, reconcile, submit

    submit.LEASE_SECONDS = 4.0
    poll.LEASE_SECONDS = 3.0
    reconcile.LEASE_SECONDS = 3.0
    fetch.LEASE_SECONDS = 5.0
    derive.LEASE_SECONDS = 10.0
    forget.AGAIN = timedelta(seconds=2)
    purge.LEASE = timedelta(seconds=4)
    purge.FIRST_WAIT = 0.2
    sweep.PATIENCE = 1.0
    sweep.SELDOM_SECONDS = 1.0
    sweep.TIDY_SECONDS = 1.0
    rhythm.LATE, rhythm.LATE_UNLEARNED = 3.0, 6.0
    # Kills strike bystanders, too: with one process and eight threads an innocent render would soon be set aside.
    # That the fourth death in one step sets a render aside is tested in tests/renders/test_faults.py.
    submit.POISONED = fetch.POISONED = derive.POISONED = 10_000
