"""Row security for the tables of this app; what happened to a character may only be added to."""

from django.db import migrations

from tenants import rls


class Migration(migrations.Migration):
    dependencies = [("characters", "0001_initial"), ("tenants", "0002_fences")]

    operations = [
        rls.FenceTenants("character", "characterevent", "characterfile", "clip"),
        rls.AppendOnly("characterevent"),
    ]
