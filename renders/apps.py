from django.apps import AppConfig


class RendersConfig(AppConfig):
    name = "renders"

    def ready(self) -> None:
        from renders import checks, tasks  # noqa: F401, PLC0415 - registers system checks and actors
        from renders.steps import let_go  # noqa: F401, PLC0415 - registers how the retention policy lets files go
