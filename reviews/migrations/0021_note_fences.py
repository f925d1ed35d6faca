"""Row security for the notes; the column that they came from goes."""

from django.db import migrations

from tenants import rls


class Migration(migrations.Migration):
    dependencies = [("reviews", "0020_erasable_notes"), ("tenants", "0021_retention_fences")]

    operations = [
        rls.FenceTenants("decisionnote"),
        migrations.RemoveField(model_name="decision", name="note"),
    ]
