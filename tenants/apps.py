from django.apps import AppConfig


class TenantsConfig(AppConfig):
    name = "tenants"

    def ready(self) -> None:
        from tenants import checks, gates  # noqa: F401, PLC0415 - registers the system checks
        from tenants.retention import columns  # noqa: F401, PLC0415 - so does this
