"""States of a render change along the table of transitions only."""

from django.db import migrations

from renders.state_guard import FUNCTION, TRIGGER, function_sql


class Migration(migrations.Migration):
    dependencies = [("renders", "0083_comparison")]

    operations = [
        migrations.RunSQL(
            [function_sql(), f"DROP TRIGGER IF EXISTS {FUNCTION} ON renders_render", TRIGGER],
            [f"DROP TRIGGER IF EXISTS {FUNCTION} ON renders_render", f"DROP FUNCTION IF EXISTS {FUNCTION}()"],
        )
    ]
