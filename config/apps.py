from django.apps import AppConfig


class ConfigConfig(AppConfig):
    name = "config"
    label = "config"

    def ready(self) -> None:
        # The broker must be known before any `tasks.py` is imported: that is where actors are declared.
        from config import broker, checks  # noqa: F401, PLC0415 - sets the broker, registers the system checks
        from config.logging import configure  # noqa: PLC0415

        configure()
