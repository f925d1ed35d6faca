"""Row security for what people decide about requests in doubt."""

from django.db import migrations

from tenants import rls


class Migration(migrations.Migration):
    dependencies = [("renders", "0032_resolutions")]

    operations = [rls.FenceTenants("resolution")]
