"""Who is who: people, agencies, clients, roles, the fence between tenants, the audit trail."""
