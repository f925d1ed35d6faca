"""Pictures are seen by their agency only, and whatever names one names its own."""

from django.db import migrations

from tenants import rls


class Migration(migrations.Migration):
    dependencies = [("renders", "0060_pictures")]

    operations = [
        rls.FenceTenants("Picture", "PictureFile"),
        rls.FenceColumn("brief.picture", "briefversion.picture", "deletion.picture"),
    ]
