"""One script per figure of the performance goals. `python -m benchmarks [name …]` runs them."""
