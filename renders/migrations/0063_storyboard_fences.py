"""Storyboards are seen by their agency only, their events are never edited, and whatever names one names its own."""

from django.db import migrations

from tenants import rls


class Migration(migrations.Migration):
    dependencies = [("renders", "0062_storyboards")]

    operations = [
        rls.FenceTenants("Storyboard", "Scene", "StoryboardEvent", "Continuity"),
        rls.AppendOnly("StoryboardEvent"),
        rls.FenceColumn("render.scene", "order.storyboard"),
    ]
