"""Fair turns at an account, live rate limits, the circuit breaker, and how long clips take."""

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

import tenants.models.base

# The owner is bound by row security, too, unless it is lifted for the moment.
_TABLES = ("renders_render", "renders_brief", "renders_project")
FILL = [
    *(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY" for table in _TABLES),
    "UPDATE renders_render SET client_id = renders_project.client_id FROM renders_brief, renders_project "
    "WHERE renders_brief.id = renders_render.brief_id AND renders_project.id = renders_brief.project_id",
    *(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY" for table in _TABLES),
]


class Migration(migrations.Migration):
    dependencies = [
        ("renders", "0061_picture_fences"),
        ("tenants", "0080_dispatch_weight"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="AgencyTurn",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("passed", models.PositiveBigIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name="BreakerTrip",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("opened_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("reason", models.CharField(max_length=300)),
                ("closed_at", models.DateTimeField(blank=True, null=True)),
                ("close_reason", models.CharField(blank=True, max_length=300)),
            ],
            options={
                "ordering": ["-opened_at", "-pk"],
            },
        ),
        migrations.CreateModel(
            name="ClientTurn",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("served", models.PositiveBigIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name="Pace",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("model", models.CharField(max_length=80)),
                ("size", models.CharField(max_length=11)),
                ("seconds", models.PositiveSmallIntegerField()),
                (
                    "latest",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.FloatField(), default=list, size=None
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="QuotaWindow",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("model", models.CharField(max_length=80)),
                ("limit", models.PositiveIntegerField(blank=True, null=True)),
                ("remaining", models.PositiveIntegerField(blank=True, null=True)),
                ("reset_at", models.DateTimeField(blank=True, null=True)),
                ("blocked_until_at", models.DateTimeField(blank=True, null=True)),
                ("sent", models.PositiveBigIntegerField(default=0)),
                ("seen_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                "ordering": ["model"],
            },
        ),
        migrations.AddField(
            model_name="provideraccount",
            name="broken_at",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name="provideraccount",
            name="broken_reason",
            field=models.CharField(blank=True, editable=False, max_length=300),
        ),
        migrations.AddField(
            model_name="provideraccount",
            name="failed_creates",
            field=models.PositiveSmallIntegerField(default=0, editable=False),
        ),
        migrations.AddField(
            model_name="provideraccount",
            name="failed_probes",
            field=models.PositiveSmallIntegerField(default=0, editable=False),
        ),
        migrations.AddField(
            model_name="provideraccount",
            name="max_retries",
            field=models.PositiveSmallIntegerField(default=3),
        ),
        migrations.AddField(
            model_name="provideraccount",
            name="probe_at",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name="provideraccount",
            name="turn_at",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name="provideraccount",
            name="turn_clock",
            field=models.PositiveBigIntegerField(default=0, editable=False),
        ),
        migrations.AddField(
            model_name="provideraccount",
            name="turns",
            field=models.PositiveBigIntegerField(default=0, editable=False),
        ),
        migrations.AddField(
            model_name="render",
            name="client",
            field=tenants.models.base.OrgForeignKey(
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="tenants.client",
            ),
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.AlterField(
            model_name="render",
            name="client",
            field=tenants.models.base.OrgForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="tenants.client",
            ),
        ),
        migrations.AddField(
            model_name="render",
            name="waits_for_lane",
            field=models.BooleanField(default=False),
        ),
        migrations.AddIndex(
            model_name="render",
            index=models.Index(
                condition=models.Q(("state", "queued")),
                fields=["account", "org", "client", "created_at", "id"],
                name="render_turns",
            ),
        ),
        migrations.AddConstraint(
            model_name="provideraccount",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("broken_at", None), ("broken_reason", ""), ("probe_at", None)),
                    models.Q(
                        ("broken_at__isnull", False),
                        ("probe_at__isnull", False),
                        models.Q(("broken_reason", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="broken_account_says_why",
            ),
        ),
        migrations.AddField(
            model_name="agencyturn",
            name="account",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="+", to="renders.provideraccount"
            ),
        ),
        migrations.AddField(
            model_name="agencyturn",
            name="agency",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="+", to="tenants.agency"
            ),
        ),
        migrations.AddField(
            model_name="breakertrip",
            name="account",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="trips",
                to="renders.provideraccount",
            ),
        ),
        migrations.AddField(
            model_name="breakertrip",
            name="closed_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="clientturn",
            name="account",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="+", to="renders.provideraccount"
            ),
        ),
        migrations.AddField(
            model_name="clientturn",
            name="client",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="+", to="tenants.client"
            ),
        ),
        migrations.AddField(
            model_name="pace",
            name="account",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="paces",
                to="renders.provideraccount",
            ),
        ),
        migrations.AddField(
            model_name="quotawindow",
            name="account",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="quotas",
                to="renders.provideraccount",
            ),
        ),
        migrations.AddConstraint(
            model_name="agencyturn",
            constraint=models.UniqueConstraint(fields=("account", "agency"), name="one_turn_per_agency"),
        ),
        migrations.AddConstraint(
            model_name="breakertrip",
            constraint=models.UniqueConstraint(
                condition=models.Q(("closed_at", None)), fields=("account",), name="one_open_trip_per_account"
            ),
        ),
        migrations.AddConstraint(
            model_name="breakertrip",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("closed_by", None),
                    models.Q(("closed_at__isnull", False), models.Q(("close_reason", ""), _negated=True)),
                    _connector="OR",
                ),
                name="trip_closed_by_hand_says_why",
            ),
        ),
        migrations.AddConstraint(
            model_name="clientturn",
            constraint=models.UniqueConstraint(fields=("account", "client"), name="one_turn_per_client"),
        ),
        migrations.AddConstraint(
            model_name="pace",
            constraint=models.UniqueConstraint(
                fields=("account", "model", "size", "seconds"), name="one_pace_per_kind"
            ),
        ),
        migrations.AddConstraint(
            model_name="quotawindow",
            constraint=models.UniqueConstraint(fields=("account", "model"), name="one_quota_per_model"),
        ),
    ]
