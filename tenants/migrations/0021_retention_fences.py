"""Row security for what retention keeps of an agency."""

from django.db import migrations

from tenants import rls


class Migration(migrations.Migration):
    dependencies = [("tenants", "0020_retention")]

    operations = [rls.FenceTenants("chore", "erasure", "retentionchoice")]
