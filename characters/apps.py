from django.apps import AppConfig


class CharactersConfig(AppConfig):
    name = "characters"

    def ready(self) -> None:
        from characters import checks, people  # noqa: F401, PLC0415 - registers system checks and erasures
