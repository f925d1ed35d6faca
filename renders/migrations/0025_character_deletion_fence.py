"""A deletion names a character of its own agency only."""

from django.db import migrations

from tenants import rls


class Migration(migrations.Migration):
    dependencies = [("renders", "0024_character_deletions")]

    operations = [rls.FenceColumn("deletion.character")]
