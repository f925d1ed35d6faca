"""What an account can do comes from its dialect; what differs there is kept beside it. Ids of proxies are longer than 300."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models


def keep_what_was_known(apps, schema_editor):
    """An account that could not list goes on so."""
    accounts = apps.get_model("renders", "ProviderAccount").objects.filter(can_list=False)
    accounts.update(capability_overrides={"can_list": False})


class Migration(migrations.Migration):
    dependencies = [
        ("renders", "0033_resolution_fence"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="provideraccount",
            name="capability_overrides",
            field=models.JSONField(blank=True, default=dict),
        ),
        migrations.RunPython(keep_what_was_known, migrations.RunPython.noop),
        migrations.RemoveField(model_name="provideraccount", name="can_list"),
        migrations.AlterField(
            model_name="attempt",
            name="provider_video_id",
            field=models.CharField(blank=True, max_length=1000, null=True),
        ),
        migrations.CreateModel(
            name="AccountAlert",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("text", models.CharField(max_length=500)),
                ("raised_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("seen_at", models.DateTimeField(blank=True, null=True)),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="alerts",
                        to="renders.provideraccount",
                    ),
                ),
                (
                    "seen_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["-raised_at", "-pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("seen_at", None), ("seen_by", None))
                        | models.Q(("seen_at__isnull", False), ("seen_by__isnull", False)),
                        name="seen_alert_names_who",
                    )
                ],
            },
        ),
    ]
