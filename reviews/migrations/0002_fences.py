"""Row security for the tables of this app; decisions may only be added."""

from django.db import migrations

from tenants import rls


class Migration(migrations.Migration):
    dependencies = [("reviews", "0001_initial"), ("renders", "0002_fences")]

    operations = [
        rls.FenceTenants("round", "stage", "comment", "portallink", "guest", "decision"),
        rls.AppendOnly("decision"),
    ]
