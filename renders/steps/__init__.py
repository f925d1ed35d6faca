"""What workers do. Each step is claim() → call → record(), is safe to repeat, and calls nobody in a transaction."""
