"""Remix, edit and extend; orders with their approvals; final takes."""

import uuid

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import renders.models.accounts
import tenants.models.base
import tenants.scope

# The owner is bound by row security, too, unless it is lifted for the moment.
FILL = """
ALTER TABLE renders_render NO FORCE ROW LEVEL SECURITY;
UPDATE renders_render SET clip_seconds = seconds;
ALTER TABLE renders_render FORCE ROW LEVEL SECURITY;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("renders", "0025_character_deletion_fence"),
        ("tenants", "0021_retention_fences"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ApprovalRule",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("above_microusd", models.PositiveBigIntegerField()),
                (
                    "org",
                    models.ForeignKey(
                        default=tenants.scope.require_org,
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tenants.agency",
                    ),
                ),
                (
                    "project",
                    tenants.models.base.OrgForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="renders.project",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Order",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("count", models.PositiveSmallIntegerField()),
                ("total_microusd", models.PositiveBigIntegerField()),
                ("threshold_microusd", models.PositiveBigIntegerField(blank=True, null=True)),
                ("digest", models.CharField(max_length=64)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "verdict",
                    models.CharField(
                        choices=[
                            ("not_needed", "No approval needed"),
                            ("waiting", "Waiting for approval"),
                            ("approved", "Approved"),
                            ("declined", "Not approved"),
                            ("void", "Void"),
                        ],
                        default="not_needed",
                        max_length=10,
                    ),
                ),
                ("decided_at", models.DateTimeField(blank=True, null=True)),
                ("note", models.CharField(blank=True, max_length=300)),
                (
                    "brief",
                    tenants.models.base.OrgForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="orders",
                        to="renders.brief",
                    ),
                ),
                (
                    "brief_version",
                    tenants.models.base.OrgForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="renders.briefversion",
                    ),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "decided_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "org",
                    models.ForeignKey(
                        default=tenants.scope.require_org,
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tenants.agency",
                    ),
                ),
            ],
        ),
        migrations.RemoveConstraint(
            model_name="render",
            name="working_render_has_next_action",
        ),
        migrations.AddField(
            model_name="provideraccount",
            name="chains_verified_on",
            field=models.DateField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="provideraccount",
            name="extension_seconds",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.PositiveSmallIntegerField(),
                default=renders.models.accounts._extension_seconds,
                size=None,
            ),
        ),
        migrations.AddField(
            model_name="provideraccount",
            name="keeps_copy_seconds",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="provideraccount",
            name="max_chain_seconds",
            field=models.PositiveSmallIntegerField(default=120),
        ),
        migrations.AddField(
            model_name="provideraccount",
            name="max_extensions",
            field=models.PositiveSmallIntegerField(default=6),
        ),
        migrations.AddField(
            model_name="render",
            name="clip_seconds",
            field=models.PositiveSmallIntegerField(default=0),
            preserve_default=False,
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.AddField(
            model_name="render",
            name="extensions",
            field=models.PositiveSmallIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="render",
            name="is_final",
            field=models.BooleanField(default=False),
        ),
        migrations.AlterField(
            model_name="render",
            name="failure_class",
            field=models.CharField(
                blank=True,
                choices=[
                    ("rate_limited", "Delayed by the provider"),
                    ("unreachable", "Provider out of reach"),
                    ("ambiguous_submit", "No clear answer"),
                    ("not_accepted", "Never arrived"),
                    ("invalid_params", "Parameters refused"),
                    ("auth_or_quota", "Account refused"),
                    ("policy_preflight", "Refused before it was sent"),
                    ("policy_input", "Brief refused by policy"),
                    ("policy_output", "Result refused by policy"),
                    ("render_failed", "The provider failed"),
                    ("expired_before_download", "Gone before it was fetched"),
                    ("provider_lost", "Lost by the provider"),
                    ("provider_sunset", "Provider retired"),
                    ("storage_failed", "Our storage failed"),
                    ("unplayable", "Not a playable clip"),
                    ("quarantined", "Set aside"),
                    ("character_withdrawn", "Character withdrawn"),
                    ("source_gone", "The clip it starts from is gone"),
                ],
                max_length=24,
            ),
        ),
        migrations.AlterField(
            model_name="render",
            name="kind",
            field=models.CharField(
                choices=[
                    ("create", "New clip"),
                    ("remix", "Remix"),
                    ("edit", "Edit"),
                    ("extend", "Extension"),
                ],
                default="create",
                max_length=10,
            ),
        ),
        migrations.AlterField(
            model_name="render",
            name="state",
            field=models.CharField(
                choices=[
                    ("awaiting", "Waiting for approval"),
                    ("queued", "Queued"),
                    ("held", "Paused"),
                    ("submitting", "Sending"),
                    ("reconciling", "Checking with the provider"),
                    ("needs_human", "Needs a person"),
                    ("rendering", "Rendering"),
                    ("downloading", "Fetching"),
                    ("stored", "Preparing"),
                    ("in_review", "In review"),
                    ("client_review", "With the client"),
                    ("changes", "Changes asked for"),
                    ("rejected", "Rejected"),
                    ("deliverable", "Approved"),
                    ("declined", "Spend not approved"),
                    ("cancelled", "Cancelled"),
                    ("expired", "Expired at the provider"),
                    ("lost", "Lost by the provider"),
                    ("failed", "Failed"),
                ],
                default="queued",
                max_length=16,
            ),
        ),
        migrations.AlterField(
            model_name="renderevent",
            name="target",
            field=models.CharField(
                choices=[
                    ("awaiting", "Waiting for approval"),
                    ("queued", "Queued"),
                    ("held", "Paused"),
                    ("submitting", "Sending"),
                    ("reconciling", "Checking with the provider"),
                    ("needs_human", "Needs a person"),
                    ("rendering", "Rendering"),
                    ("downloading", "Fetching"),
                    ("stored", "Preparing"),
                    ("in_review", "In review"),
                    ("client_review", "With the client"),
                    ("changes", "Changes asked for"),
                    ("rejected", "Rejected"),
                    ("deliverable", "Approved"),
                    ("declined", "Spend not approved"),
                    ("cancelled", "Cancelled"),
                    ("expired", "Expired at the provider"),
                    ("lost", "Lost by the provider"),
                    ("failed", "Failed"),
                ],
                max_length=16,
            ),
        ),
        migrations.AlterField(
            model_name="renderevent",
            name="who",
            field=models.CharField(
                choices=[
                    ("staff", "Staff"),
                    ("dispatcher", "Dispatcher"),
                    ("worker", "Worker"),
                    ("reconciler", "Reconciler"),
                    ("fetcher", "Fetcher"),
                    ("author", "Author"),
                    ("approver", "Approver"),
                    ("reviewer", "Reviewer"),
                    ("client", "Client"),
                ],
                max_length=12,
            ),
        ),
        migrations.AddField(
            model_name="render",
            name="order",
            field=tenants.models.base.OrgForeignKey(
                blank=True,
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="renders",
                to="renders.order",
            ),
        ),
        migrations.AddConstraint(
            model_name="render",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("next_action_at__isnull", False),
                        (
                            "state__in",
                            ["downloading", "queued", "reconciling", "rendering", "stored", "submitting"],
                        ),
                    ),
                    models.Q(
                        ("next_action_at__isnull", False), ("paused_for", "safety_check"), ("state", "held")
                    ),
                    models.Q(("next_action_at__isnull", True), ("paused_for", "stopped"), ("state", "held")),
                    models.Q(("next_action_at__isnull", True), ("state", "awaiting")),
                    models.Q(
                        models.Q(
                            (
                                "state__in",
                                [
                                    "awaiting",
                                    "downloading",
                                    "held",
                                    "queued",
                                    "reconciling",
                                    "rendering",
                                    "stored",
                                    "submitting",
                                ],
                            ),
                            _negated=True,
                        ),
                        ("next_action_at__isnull", True),
                    ),
                    _connector="OR",
                ),
                name="working_render_has_next_action",
            ),
        ),
        migrations.AddConstraint(
            model_name="render",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("clip_seconds", models.F("seconds")), ("extensions", 0), ("kind", "create")),
                    models.Q(
                        ("clip_seconds", models.F("seconds")),
                        ("kind__in", ["remix", "edit"]),
                        ("parent__isnull", False),
                    ),
                    models.Q(
                        ("clip_seconds__gt", models.F("seconds")),
                        ("extensions__gte", 1),
                        ("kind", "extend"),
                        ("parent__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="length_fits_the_kind",
            ),
        ),
        migrations.AddConstraint(
            model_name="render",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("is_final", False),
                    models.Q(("kind", "create"), ("parent__isnull", False)),
                    _connector="OR",
                ),
                name="final_has_a_draft",
            ),
        ),
        migrations.AddConstraint(
            model_name="approvalrule",
            constraint=models.UniqueConstraint(
                fields=("org", "project"), name="one_approval_rule_per_target", nulls_distinct=False
            ),
        ),
        migrations.AddIndex(
            model_name="order",
            index=models.Index(
                condition=models.Q(("verdict", "waiting")), fields=["org", "created_at"], name="order_waiting"
            ),
        ),
        migrations.AddConstraint(
            model_name="order",
            constraint=models.CheckConstraint(condition=models.Q(("count__gte", 1)), name="order_has_takes"),
        ),
        migrations.AddConstraint(
            model_name="order",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("decided_at__isnull", False),
                        ("decided_by__isnull", False),
                        ("verdict__in", ("approved", "declined")),
                    ),
                    models.Q(
                        models.Q(("verdict__in", ("approved", "declined")), _negated=True),
                        ("decided_by", None),
                    ),
                    _connector="OR",
                ),
                name="order_decided_by_a_person",
            ),
        ),
        migrations.AddConstraint(
            model_name="order",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("decided_by", None),
                    models.Q(("decided_by", models.F("created_by")), _negated=True),
                    _connector="OR",
                ),
                name="order_decided_by_another",
            ),
        ),
    ]
