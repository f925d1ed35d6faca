"""A budget of a client or a project can be removed; its row stays for what was reserved under it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("renders", "0090_state_guard"),
        ("tenants", "0080_dispatch_weight"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="budget",
            name="one_budget_per_target_and_period",
        ),
        migrations.AddField(
            model_name="budget",
            name="removed_at",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AddConstraint(
            model_name="budget",
            constraint=models.UniqueConstraint(
                condition=models.Q(("removed_at", None)),
                fields=("org", "level", "client", "project", "period"),
                name="one_budget_per_target_and_period",
                nulls_distinct=False,
            ),
        ),
        migrations.AddConstraint(
            model_name="budget",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("level", "1_agency"), _negated=True), ("removed_at", None), _connector="OR"
                ),
                name="agency_budget_is_never_removed",
            ),
        ),
    ]
