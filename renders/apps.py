from django.apps import AppConfig
from django.db.models.signals import post_migrate


class RendersConfig(AppConfig):
    name = "renders"

    def ready(self) -> None:
        from renders import checks, state_guard, tasks  # noqa: F401, PLC0415 - registers system checks and actors
        from renders.steps import let_go  # noqa: F401, PLC0415 - registers how the retention policy lets files go

        post_migrate.connect(state_guard.write, sender=self)
