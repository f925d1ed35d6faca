import uuid

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

import tenants.models.base
import tenants.scope


class Migration(migrations.Migration):
    dependencies = [
        ("renders", "0004_asset_lifecycle"),
        ("tenants", "0010_generation_switch"),
        ("tenants", "__first__"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="render",
            name="working_render_has_next_action",
        ),
        migrations.AddField(
            model_name="provideraccount",
            name="moderates",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="render",
            name="moderated_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="render",
            name="paused_for",
            field=models.CharField(
                blank=True,
                choices=[
                    ("stopped", "Generation is switched off"),
                    ("safety_check", "Waiting for the safety check"),
                ],
                max_length=12,
            ),
        ),
        migrations.AddField(
            model_name="render",
            name="rules_version",
            field=models.CharField(blank=True, max_length=40),
        ),
        migrations.AddField(
            model_name="render",
            name="take_down_reason",
            field=models.CharField(blank=True, max_length=300),
        ),
        migrations.AddField(
            model_name="render",
            name="taken_down_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="render",
            name="taken_down_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
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
                ],
                max_length=24,
            ),
        ),
        migrations.AlterField(
            model_name="render",
            name="state",
            field=models.CharField(
                choices=[
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
                    ("reviewer", "Reviewer"),
                    ("client", "Client"),
                ],
                max_length=12,
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
                    models.Q(
                        models.Q(
                            (
                                "state__in",
                                [
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
                    models.Q(("state", "held"), models.Q(("paused_for", ""), _negated=True)),
                    models.Q(models.Q(("state", "held"), _negated=True), ("paused_for", "")),
                    _connector="OR",
                ),
                name="paused_render_says_why",
            ),
        ),
        migrations.AddConstraint(
            model_name="render",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("take_down_reason", ""), ("taken_down_at", None), ("taken_down_by", None)),
                    models.Q(
                        ("taken_down_at__isnull", False),
                        ("taken_down_by__isnull", False),
                        models.Q(("take_down_reason", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="take_down_names_person_and_reason",
            ),
        ),
        migrations.CreateModel(
            name="RulesVersion",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("number", models.PositiveIntegerField()),
                ("note", models.CharField(blank=True, max_length=200)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "created_by",
                    models.ForeignKey(
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
        migrations.CreateModel(
            name="PolicyRule",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                (
                    "effect",
                    models.CharField(
                        choices=[("block", "Refuse"), ("allow", "Let through")], default="block", max_length=5
                    ),
                ),
                (
                    "category",
                    models.CharField(
                        choices=[
                            ("character", "Copyrighted character"),
                            ("music", "Copyrighted music"),
                            ("person", "Real person"),
                            ("likeness", "Human likeness"),
                            ("suitability", "Not suitable under 18"),
                            ("brand", "Somebody’s brand"),
                            ("custom", "Your agency’s own rule"),
                        ],
                        default="custom",
                        max_length=12,
                    ),
                ),
                ("phrase", models.CharField(max_length=80)),
                ("rewrite", models.CharField(blank=True, max_length=120)),
                ("reason", models.CharField(blank=True, max_length=200)),
                ("added_in", models.PositiveIntegerField()),
                ("dropped_in", models.PositiveIntegerField(blank=True, null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "client",
                    tenants.models.base.OrgForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tenants.client",
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
        migrations.CreateModel(
            name="PolicyCase",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("preflight", "Our rules"),
                            ("safety_check", "Safety check"),
                            ("provider_input", "Provider, the brief"),
                            ("provider_output", "Provider, the result"),
                        ],
                        max_length=15,
                    ),
                ),
                (
                    "category",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("character", "Copyrighted character"),
                            ("music", "Copyrighted music"),
                            ("person", "Real person"),
                            ("likeness", "Human likeness"),
                            ("suitability", "Not suitable under 18"),
                            ("brand", "Somebody’s brand"),
                            ("custom", "Your agency’s own rule"),
                        ],
                        max_length=12,
                    ),
                ),
                ("rule_key", models.CharField(max_length=120)),
                ("fingerprint", models.CharField(max_length=64)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "Open"),
                            ("assigned", "Assigned"),
                            ("dismissed", "Dismissed"),
                            ("rewritten", "Wording suggested"),
                            ("escalated", "Escalated"),
                        ],
                        default="open",
                        max_length=10,
                    ),
                ),
                ("decided_at", models.DateTimeField(blank=True, null=True)),
                ("answer", models.CharField(blank=True, max_length=1000)),
                ("seen_count", models.PositiveIntegerField(default=1)),
                ("first_seen_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("last_seen_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "assigned_to",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "brief",
                    tenants.models.base.OrgForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="cases",
                        to="renders.brief",
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
                (
                    "render",
                    tenants.models.base.OrgForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="cases",
                        to="renders.render",
                    ),
                ),
            ],
            options={
                "indexes": [],
            },
        ),
        migrations.CreateModel(
            name="PolicyEvent",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("preflight", "Our rules"),
                            ("safety_check", "Safety check"),
                            ("provider_input", "Provider, the brief"),
                            ("provider_output", "Provider, the result"),
                        ],
                        max_length=15,
                    ),
                ),
                ("rule_key", models.CharField(max_length=120)),
                ("text_sha256", models.CharField(max_length=64)),
                ("rules_version", models.CharField(blank=True, max_length=40)),
                ("evidence", models.JSONField(default=dict)),
                ("provider_code", models.CharField(blank=True, max_length=80)),
                ("provider_text", models.CharField(blank=True, max_length=2000)),
                ("happened_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "brief",
                    tenants.models.base.OrgForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="renders.brief",
                    ),
                ),
                (
                    "brief_version",
                    tenants.models.base.OrgForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="renders.briefversion",
                    ),
                ),
                (
                    "case",
                    tenants.models.base.OrgForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="events",
                        to="renders.policycase",
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
                (
                    "render",
                    tenants.models.base.OrgForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="policy_events",
                        to="renders.render",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="PolicyMove",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                (
                    "source",
                    models.CharField(
                        choices=[
                            ("open", "Open"),
                            ("assigned", "Assigned"),
                            ("dismissed", "Dismissed"),
                            ("rewritten", "Wording suggested"),
                            ("escalated", "Escalated"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "target",
                    models.CharField(
                        choices=[
                            ("open", "Open"),
                            ("assigned", "Assigned"),
                            ("dismissed", "Dismissed"),
                            ("rewritten", "Wording suggested"),
                            ("escalated", "Escalated"),
                        ],
                        max_length=10,
                    ),
                ),
                ("note", models.CharField(blank=True, max_length=1000)),
                ("is_undo", models.BooleanField(default=False)),
                ("happened_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "case",
                    tenants.models.base.OrgForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="moves",
                        to="renders.policycase",
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
                (
                    "was_assigned_to",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Suggestion",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("texts", models.JSONField()),
                ("note", models.CharField(blank=True, max_length=1000)),
                ("made_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("taken_at", models.DateTimeField(blank=True, null=True)),
                ("withdrawn_at", models.DateTimeField(blank=True, null=True)),
                (
                    "brief",
                    tenants.models.base.OrgForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="suggestions",
                        to="renders.brief",
                    ),
                ),
                (
                    "case",
                    tenants.models.base.OrgForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="suggestions",
                        to="renders.policycase",
                    ),
                ),
                (
                    "made_by",
                    models.ForeignKey(
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
                (
                    "taken_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Appeal",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("reason", models.CharField(max_length=1000)),
                ("made_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "verdict",
                    models.CharField(
                        choices=[
                            ("waiting", "Waiting"),
                            ("upheld", "The refusal stands"),
                            ("overturned", "The refusal was wrong"),
                        ],
                        default="waiting",
                        max_length=10,
                    ),
                ),
                ("decided_at", models.DateTimeField(blank=True, null=True)),
                ("answer", models.CharField(blank=True, max_length=1000)),
                (
                    "case_decided_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
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
                    "made_by",
                    models.ForeignKey(
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
                (
                    "case",
                    tenants.models.base.OrgForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="appeals",
                        to="renders.policycase",
                    ),
                ),
                (
                    "event",
                    tenants.models.base.OrgForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="renders.policyevent",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Allowance",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("text_sha256", models.CharField(max_length=64)),
                ("rule_key", models.CharField(max_length=120)),
                ("granted_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "granted_by",
                    models.ForeignKey(
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
                (
                    "appeal",
                    tenants.models.base.OrgForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="allowances",
                        to="renders.appeal",
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="allowance",
            constraint=models.UniqueConstraint(
                fields=("org", "text_sha256", "rule_key"), name="one_allowance_per_text_and_rule"
            ),
        ),
        migrations.AddIndex(
            model_name="policycase",
            index=models.Index(fields=["-last_seen_at", "-id"], name="case_newest"),
        ),
        migrations.AddIndex(
            model_name="policycase",
            index=models.Index(fields=["state", "-last_seen_at", "-id"], name="case_by_state"),
        ),
        migrations.AddIndex(
            model_name="policycase",
            index=models.Index(fields=["org", "-last_seen_at", "-id"], name="case_of_agency"),
        ),
        migrations.AddConstraint(
            model_name="policycase",
            constraint=models.UniqueConstraint(
                fields=("org", "fingerprint"), name="one_case_per_fingerprint"
            ),
        ),
        migrations.AddConstraint(
            model_name="policycase",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("decided_at", None), ("decided_by", None), ("state__in", ("open", "assigned"))),
                    models.Q(
                        ("decided_at__isnull", False),
                        ("decided_by__isnull", False),
                        ("state__in", ("dismissed", "rewritten", "escalated")),
                    ),
                    _connector="OR",
                ),
                name="resolved_case_names_who_decided",
            ),
        ),
        migrations.AddConstraint(
            model_name="policycase",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "assigned"), _negated=True),
                    ("assigned_to__isnull", False),
                    _connector="OR",
                ),
                name="assigned_case_names_whom",
            ),
        ),
        migrations.AddIndex(
            model_name="policyevent",
            index=models.Index(fields=["org", "kind", "-happened_at"], name="refusal_by_kind"),
        ),
        migrations.AddConstraint(
            model_name="policyevent",
            constraint=models.UniqueConstraint(
                condition=models.Q(("kind", "preflight")),
                fields=("org", "brief", "text_sha256", "rules_version"),
                name="one_event_per_text_and_rules",
            ),
        ),
        migrations.AddConstraint(
            model_name="policyevent",
            constraint=models.UniqueConstraint(
                condition=models.Q(("render__isnull", False)),
                fields=("org", "render"),
                name="one_refusal_per_render",
            ),
        ),
        migrations.AddIndex(
            model_name="appeal",
            index=models.Index(fields=["verdict", "made_at"], name="appeal_queue"),
        ),
        migrations.AddConstraint(
            model_name="appeal",
            constraint=models.UniqueConstraint(
                condition=models.Q(("verdict", "waiting")),
                fields=("org", "case"),
                name="one_waiting_appeal_per_case",
            ),
        ),
        migrations.AddConstraint(
            model_name="appeal",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("answer", ""), ("decided_at", None), ("decided_by", None), ("verdict", "waiting")
                    ),
                    models.Q(
                        models.Q(("verdict", "waiting"), _negated=True),
                        ("decided_at__isnull", False),
                        ("decided_by__isnull", False),
                        models.Q(("answer", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="decided_appeal_says_who_and_why",
            ),
        ),
        migrations.AddConstraint(
            model_name="appeal",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("decided_by", None),
                    models.Q(
                        models.Q(("decided_by", models.F("made_by")), _negated=True),
                        models.Q(
                            ("case_decided_by", None),
                            models.Q(("decided_by", models.F("case_decided_by")), _negated=True),
                            _connector="OR",
                        ),
                    ),
                    _connector="OR",
                ),
                name="appeal_is_decided_by_a_second_person",
            ),
        ),
        migrations.AddIndex(
            model_name="policymove",
            index=models.Index(fields=["org", "case", "-happened_at"], name="moves_of_case"),
        ),
        migrations.AddIndex(
            model_name="policyrule",
            index=models.Index(fields=["org", "dropped_in"], name="rule_by_end"),
        ),
        migrations.AddConstraint(
            model_name="policyrule",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("dropped_in", None), ("dropped_in__gt", models.F("added_in")), _connector="OR"
                ),
                name="rule_ends_after_it_began",
            ),
        ),
        migrations.AddConstraint(
            model_name="rulesversion",
            constraint=models.UniqueConstraint(fields=("org", "number"), name="rules_version_number_once"),
        ),
        migrations.AddConstraint(
            model_name="suggestion",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("taken_at", None), ("taken_by", None)),
                    models.Q(("taken_at__isnull", False), ("taken_by__isnull", False)),
                    _connector="OR",
                ),
                name="taken_suggestion_names_who",
            ),
        ),
        migrations.AddIndex(
            model_name="policycase",
            index=models.Index(
                condition=models.Q(("decided_at__isnull", False)),
                fields=["rule_key", "-decided_at"],
                name="case_precedents",
            ),
        ),
        migrations.AddIndex(
            model_name="policycase",
            index=models.Index(
                condition=models.Q(("state__in", ("open", "assigned"))),
                fields=["-last_seen_at", "-id"],
                name="case_to_do",
            ),
        ),
        migrations.AddIndex(
            model_name="policycase",
            index=models.Index(
                condition=models.Q(("state__in", ("open", "assigned"))),
                fields=["org"],
                name="case_to_do_of_agency",
            ),
        ),
    ]
