"""The retention policy: policy.toml says what goes when, columns.toml what every column holds, run.py carries it out."""
