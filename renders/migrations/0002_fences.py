"""Row security for the tables of this app; versions, events and the ledger may only grow and must balance."""

from django.db import migrations

from tenants import rls

# Entries of one transaction sum to zero when it commits.
BALANCE = """
CREATE OR REPLACE FUNCTION ledger_must_balance() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE total bigint;
BEGIN
  SELECT sum(amount_microusd) INTO total FROM renders_ledgerentry WHERE org_id = NEW.org_id AND key = NEW.key;
  IF total <> 0 THEN
    RAISE EXCEPTION 'Ledger transaction % is out of balance by % micro-dollars.', NEW.key, total
      USING ERRCODE = 'check_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER ledger_must_balance AFTER INSERT ON renders_ledgerentry
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger_must_balance();
"""
UNDO = """
DROP TRIGGER IF EXISTS ledger_must_balance ON renders_ledgerentry;
DROP FUNCTION IF EXISTS ledger_must_balance();
"""


class Migration(migrations.Migration):
    dependencies = [("renders", "0001_initial"), ("tenants", "0002_fences")]

    operations = [
        rls.FenceTenants(
            "project",
            "brief",
            "briefversion",
            "render",
            "attempt",
            "renderevent",
            "asset",
            "budget",
            "budgetperiod",
            "ledgerentry",
        ),
        rls.AppendOnly("briefversion", "renderevent", "ledgerentry"),
        migrations.RunSQL(BALANCE, UNDO),
    ]
