"""Row security for what ties characters to accounts, briefs and versions."""

from django.db import migrations

from tenants import rls


class Migration(migrations.Migration):
    dependencies = [("renders", "0005_characters"), ("characters", "0002_fences")]

    operations = [
        rls.FenceTenants("registration", "briefcharacter", "versioncharacter"),
        rls.AppendOnly("versioncharacter"),
    ]
