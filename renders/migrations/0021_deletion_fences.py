"""Row security for deletions and provenance; receipts may only be added."""

from django.db import migrations

from tenants import rls


class Migration(migrations.Migration):
    dependencies = [("renders", "0020_deletions_and_provenance"), ("tenants", "0021_retention_fences")]

    operations = [
        rls.FenceTenants("deletion", "deletionreceipt", "purgerequest", "provenance"),
        rls.AppendOnly("deletionreceipt"),
    ]
