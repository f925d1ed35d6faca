"""Row security for orders and for the rules of approval."""

from django.db import migrations

from tenants import rls


class Migration(migrations.Migration):
    dependencies = [("renders", "0030_operations")]

    operations = [rls.FenceTenants("order", "approvalrule"), rls.FenceColumn("render.order")]
