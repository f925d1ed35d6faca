"""The proof of a deletion: on screen, as a file, and checked for anybody who brings one."""

import json
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.views.decorators.http import require_http_methods, require_safe

from renders.models import DeletionReceipt
from tenants import signed, signing
from tenants.access import AgencyRequest, public, requires

_RELATED = (
    "deletion__render__brief__project__client",
    "deletion__character",
    "deletion__picture",
    "deletion__asked_by",
    "deletion__request",
)


def _find(receipt: UUID) -> DeletionReceipt:
    found: DeletionReceipt = get_object_or_404(DeletionReceipt.objects.select_related(*_RELATED), pk=receipt)
    return found


def _problem(document: dict[str, Any]) -> str:
    try:
        signed.check(document, signing.public_keys())
    except signed.BadDocument as error:
        return str(error)
    return ""


@requires("retention.view")
@require_safe
def receipt_page(request: AgencyRequest, receipt: UUID) -> HttpResponseBase:
    """A receipt as people read it."""
    found = _find(receipt)
    context = {
        "receipt": found,
        "deletion": found.deletion,
        "document": found.document,
        "problem": _problem(found.document),
    }
    return TemplateResponse(request, "renders/receipt.html", context)


@requires("retention.view")
@require_safe
def receipt_json(request: AgencyRequest, receipt: UUID) -> HttpResponseBase:
    """The receipt itself."""
    found = _find(receipt)
    response = JsonResponse(found.document, json_dumps_params={"indent": 2, "ensure_ascii": False})
    response.headers["Content-Disposition"] = f'attachment; filename="{found.public_id}.json"'
    response.headers["Cache-Control"] = "private, no-store"
    return response


@public("public keys are made to be read: whoever holds a receipt checks it with them")
@require_safe
def signing_keys(request: HttpRequest) -> HttpResponseBase:
    """Every key that ever signed, as JSON."""
    return JsonResponse(signing.published(), json_dumps_params={"indent": 2})


@public("the same keys, for openssl and for --public-key")
@require_safe
def signing_keys_pem(request: HttpRequest) -> HttpResponseBase:
    """The same as PEM."""
    text = "".join(row["pem"] for row in signing.published()["keys"])
    return HttpResponse(text, content_type="application/x-pem-file")


@public("whoever holds a receipt may check it; the file is read and not kept")
@require_http_methods(["GET", "HEAD", "POST"])
def verify_document(request: HttpRequest) -> HttpResponseBase:
    """Check a receipt, or a head of an audit trail, that somebody brings."""
    context: dict[str, Any] = {"keys": signing.published()["keys"]}
    file = request.FILES.get("document") if request.method == "POST" else None
    if request.method == "POST":
        context |= _verdict(file)
    status = 422 if context.get("problem") else 200
    return TemplateResponse(request, "renders/verify.html", context, status=status)


def _verdict(file: Any) -> dict[str, Any]:
    if file is None:
        return {"problem": "Choose a file first."}
    try:
        document = signed.parse(file.read(signed.MAX_BYTES + 1))
        key = signed.check(document, signing.public_keys())
    except signed.BadDocument as error:
        return {"problem": str(error)}
    return {
        "key": key,
        "document": document,
        "is_receipt": str(document.get("format", "")).startswith("dailies.deletion-receipt/"),
        "shown": json.dumps(document, indent=2, ensure_ascii=False),
    }
