"""`manage.py sweep` at the pace of a test."""

import django

django.setup()

if __name__ == "__main__":
    from django.core.management import call_command

    from tests.chaos.pace import shorten

    shorten()
    call_command("sweep", interval=0.2)
