"""`manage.py up`: the whole product on one machine, started and stopped together.

`plan` says which processes there are, `supervisor` keeps them alive, `leftovers` ends those of a killed run.
"""
