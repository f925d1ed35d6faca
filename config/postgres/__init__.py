"""The database that comes with the product: PostgreSQL's own programs, started and stopped by us.

`server.Cluster` starts it, `settings.databases` says how to reach it, `roles` and `setup` prepare it.
With DATABASE_URL set none of this starts anything: the server is then somebody else's.
"""
