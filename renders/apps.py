from django.apps import AppConfig


class RendersConfig(AppConfig):
    name = "renders"

    def ready(self) -> None:
        from renders import checks, tasks  # noqa: F401, PLC0415 - registers system checks and actors
