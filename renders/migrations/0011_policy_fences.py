"""Row security for the tables of policy; refusals, moves, allowances and rule versions may only grow."""

from django.db import migrations

from tenants import rls


class Migration(migrations.Migration):
    dependencies = [("renders", "0010_policy"), ("tenants", "0010_generation_switch")]

    operations = [
        rls.FenceTenants(
            "rulesversion",
            "policyrule",
            "policycase",
            "policyevent",
            "policymove",
            "suggestion",
            "appeal",
            "allowance",
        ),
        rls.AppendOnly("rulesversion", "policyevent", "policymove", "allowance"),
    ]
