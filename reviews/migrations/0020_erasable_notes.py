"""Take the notes of decisions out of the chain, so that words can be erased and the chain stays whole."""

import uuid

import django.db.models.deletion
from django.db import migrations, models

import tenants.models.base
import tenants.scope


class Migration(migrations.Migration):
    dependencies = [
        ("reviews", "0002_fences"),
        ("tenants", "0020_retention"),
    ]

    operations = [
        migrations.CreateModel(
            name="DecisionNote",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("body", models.TextField(blank=True, max_length=2000)),
                ("salt", models.CharField(blank=True, max_length=64)),
                ("erased_at", models.DateTimeField(blank=True, null=True)),
                (
                    "decision",
                    tenants.models.base.OrgOneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="words",
                        to="reviews.decision",
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
        migrations.AddField(
            model_name="decision",
            name="content_version",
            field=models.PositiveSmallIntegerField(default=1),
        ),
        migrations.AlterField(
            model_name="decision",
            name="content_version",
            field=models.PositiveSmallIntegerField(default=2),
        ),
        migrations.AddField(
            model_name="decision",
            name="note_digest",
            field=models.CharField(blank=True, max_length=64),
        ),
        migrations.AddField(
            model_name="guest",
            name="erased_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddIndex(
            model_name="guest",
            index=models.Index(fields=["org", "email"], name="guest_by_email"),
        ),
        migrations.AddConstraint(
            model_name="guest",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("erased_at", None), models.Q(("email", ""), ("name", "")), _connector="OR"
                ),
                name="erased_guest_has_no_name",
            ),
        ),
        migrations.AddConstraint(
            model_name="decisionnote",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("erased_at", None), models.Q(("body", ""), ("salt", "")), _connector="OR"
                ),
                name="erased_note_holds_nothing",
            ),
        ),
    ]
