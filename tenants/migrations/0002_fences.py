"""Row security for the tables of this app; the audit trail may only grow."""

from django.db import migrations

from tenants import rls

AGENCY = "tenants_agency"
MEMBERSHIP = "tenants_membership"

# A person may see the agencies that they are an active member of: the gate and the switcher ask for these.
_OWN_AGENCIES = f"id IN (SELECT org_id FROM {MEMBERSHIP} WHERE user_id = {rls.PERSON} AND is_active)"  # noqa: S608 - constants only


def statements() -> list[str]:
    return [
        *rls.enable(AGENCY),
        *rls.policy(AGENCY, "tenant", f"id = {rls.ORG}"),
        *rls.policy(AGENCY, "own", _OWN_AGENCIES, command="SELECT"),
        *rls.policy(MEMBERSHIP, "own", f"user_id = {rls.PERSON}", command="SELECT"),
    ]


class Migration(migrations.Migration):
    dependencies = [("tenants", "0001_initial")]

    operations = [
        rls.FenceTenants("client", "membership", "invitation", "auditevent"),
        rls.AppendOnly("auditevent"),
        migrations.RunSQL(statements(), migrations.RunSQL.noop),
    ]
