"""From a brief to a stored clip. The only app that speaks to a provider."""
