"""What every page knows about who is looking."""

from typing import Any

from django.http import HttpRequest


def tenancy(request: HttpRequest) -> dict[str, Any]:
    """agency, membership and my_agencies for templates; empty outside an agency's pages."""
    if not hasattr(request, "membership"):
        return {}
    return {
        "agency": request.agency,  # type: ignore[attr-defined]
        "membership": request.membership,
        "my_agencies": [row.org for row in request.user.agencies],  # type: ignore[union-attr]
    }
