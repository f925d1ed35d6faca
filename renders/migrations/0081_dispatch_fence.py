"""The client of a take is of the take's agency."""

from django.db import migrations

from tenants import rls


class Migration(migrations.Migration):
    dependencies = [("renders", "0080_dispatch")]

    operations = [rls.FenceColumn("render.client")]
