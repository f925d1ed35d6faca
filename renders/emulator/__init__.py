"""A stand-in for a Videos API server: the whole contract, real clips, and faults on demand.

A separate program. It imports nothing of the product and nothing imports it, so that a mistake in our
client cannot hide behind the same mistake here. README.md in this folder describes it.
"""

VERSION = "1.0"
