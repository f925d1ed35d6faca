"""Row security for the notes; what decisions of before said is copied, and the column that it came from goes."""

from django.db import migrations

from tenants import rls

# As the owner, whom forced row security would show no rows. After the keys are there: adding them would look at rows
# that the owner cannot see. Decisions of before keep their hash over the note itself.
COPY = """
ALTER TABLE reviews_decision NO FORCE ROW LEVEL SECURITY;
ALTER TABLE reviews_decisionnote NO FORCE ROW LEVEL SECURITY;
INSERT INTO reviews_decisionnote (id, org_id, decision_id, body, salt)
  SELECT gen_random_uuid(), org_id, id, note, '' FROM reviews_decision WHERE note <> '';
SET CONSTRAINTS ALL IMMEDIATE;
ALTER TABLE reviews_decisionnote FORCE ROW LEVEL SECURITY;
ALTER TABLE reviews_decision FORCE ROW LEVEL SECURITY;
"""


class Migration(migrations.Migration):
    dependencies = [("reviews", "0020_erasable_notes"), ("tenants", "0021_retention_fences")]

    operations = [
        rls.FenceTenants("decisionnote"),
        migrations.RunSQL(COPY, migrations.RunSQL.noop),
        migrations.RemoveField(model_name="decision", name="note"),
    ]
