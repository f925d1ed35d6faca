"""The port to providers: what may be asked, what comes back, and what may go wrong."""
