"""The words that characters are found by, and those of the characters that are there already."""

import uuid
from typing import Any

import django.db.models.deletion
from django.db import migrations, models

import tenants.models.base
import tenants.scope
from characters.names import findable
from tenants import rls


def find_them_all(apps: Any, schema_editor: Any) -> None:
    """As the owner, whom forced row security would show no rows."""
    tables = ("characters_character", "characters_characterword")
    for table in tables:
        schema_editor.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    character, word = (
        apps.get_model("characters", name)._base_manager for name in ("Character", "CharacterWord")
    )
    rows = []
    for pk, org_id, name in character.values_list("pk", "org_id", "name"):
        rows += [word.model(org_id=org_id, character_id=pk, word=found) for found in sorted(findable(name))]
    word.bulk_create(rows, batch_size=5000)
    schema_editor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    for table in tables:
        schema_editor.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")


class Migration(migrations.Migration):
    dependencies = [("characters", "0002_fences"), ("tenants", "0021_retention_fences")]

    operations = [
        migrations.CreateModel(
            name="CharacterWord",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("word", models.TextField(db_collation="C")),
                (
                    "character",
                    tenants.models.base.OrgForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="words",
                        to="characters.character",
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
            options={
                "indexes": [
                    models.Index(fields=["org", "word", "character"], name="character_by_word"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("org", "character", "word"), name="word_once_per_character"
                    ),
                ],
            },
        ),
        rls.FenceTenants("characterword"),
        migrations.RunPython(find_them_all, migrations.RunPython.noop),
    ]
