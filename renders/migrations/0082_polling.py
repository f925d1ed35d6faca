"""When the next look at an account is due, and whether its webhooks arrive."""

import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("renders", "0063_storyboard_fences"),
        ("tenants", "0080_dispatch_weight"),
    ]

    operations = [
        migrations.AddField(
            model_name="provideraccount",
            name="failed_rounds",
            field=models.PositiveSmallIntegerField(default=0, editable=False),
        ),
        migrations.AddField(
            model_name="provideraccount",
            name="poll_at",
            field=models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
        ),
        migrations.AddField(
            model_name="provideraccount",
            name="webhook_at",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name="provideraccount",
            name="webhook_missed_at",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AddIndex(
            model_name="attempt",
            index=models.Index(
                condition=models.Q(("status", "bound")), fields=["account"], name="attempt_in_flight"
            ),
        ),
    ]
