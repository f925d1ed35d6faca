"""Serve stored files by short-lived signed address, with Range, so that a player can seek."""

import re
from collections.abc import Iterator
from typing import Any

from django.core.files.storage import default_storage
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from characters.models import CharacterFile
from renders.models import Asset, PictureFile
from tenants import storage
from tenants.access import public
from tenants.scope import platform_transaction

_RANGE = re.compile(r"bytes=(?!-\Z)([0-9]{0,18})-([0-9]{0,18})\Z")
_CHUNK = 256 * 1024


@public("the signed address is the key, and it closes after five minutes")
@require_safe
def media(request: HttpRequest, token: str) -> HttpResponseBase:
    """200, 206 with one range, 304, 404, or 416. HEAD answers without a body."""
    opened = storage.read_signed_name(token)
    if opened is None:
        raise Http404("This address has ended. Reload the page that showed it.")
    asset_id, download_name = opened
    with platform_transaction("media: signed id to file"):
        asset = Asset.objects.select_related("render").filter(pk=asset_id).first()
        asset = asset or CharacterFile.objects.filter(pk=asset_id).first()
        asset = asset or PictureFile.objects.filter(pk=asset_id).first()
    if asset is None:
        raise Http404("This file was removed.")
    if isinstance(asset, Asset) and asset.render.is_taken_down:
        words = "This clip was taken down by the platform. The page of its take says why."
        return HttpResponse(words, status=404, content_type="text/plain; charset=utf-8")
    if not asset.is_kept:
        # Whoever holds a genuine address may read what became of it.
        words = f"This file was deleted on {asset.deleted_at:%-d %B %Y}. The page that showed it says what is left."
        return HttpResponse(words, status=404, content_type="text/plain; charset=utf-8")
    try:
        default_storage.path(asset.storage_key)
    except NotImplementedError:
        # Not on this machine, such as S3: the store serves it, by a presigned address.
        return redirect(default_storage.url(asset.storage_key))
    return _serve(request, asset, download_name)


def _serve(
    request: HttpRequest, asset: Asset | CharacterFile | PictureFile, download_name: str
) -> HttpResponseBase:
    etag = f'"{asset.sha256}"'
    headers = {
        "Accept-Ranges": "bytes",
        "ETag": etag,
        "Cache-Control": "private, max-age=300, immutable",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Cross-Origin-Resource-Policy": "same-origin",
    }
    if download_name:
        headers["Content-Disposition"] = content_disposition_header(True, download_name) or "attachment"
    if request.headers.get("If-None-Match") == etag:
        return HttpResponse(status=304, headers=headers)
    size = asset.size_bytes
    asked = request.headers.get("Range", "")
    if asked and request.headers.get("If-Range", etag) != etag:
        asked = ""
    span = _span(asked, size)
    if span is None:
        return HttpResponse(status=416, headers={**headers, "Content-Range": f"bytes */{size}"})
    start, end = span
    status = 206 if asked and _RANGE.match(asked) else 200
    if status == 206:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    headers["Content-Length"] = str(end - start)
    if request.method == "HEAD":
        return HttpResponse(status=status, headers=headers, content_type=asset.content_type)
    try:
        file = default_storage.open(asset.storage_key, "rb")
    except OSError as error:
        raise Http404("This file cannot be read at the moment.") from error
    body = _read(file, start, end)
    return StreamingHttpResponse(body, status=status, headers=headers, content_type=asset.content_type)


def _span(asked: str, size: int) -> tuple[int, int] | None:
    """(first byte, one past the last) of a Range header; the whole file without one; None when it cannot be met."""
    match = _RANGE.match(asked)
    if not match:
        return (0, size)
    first, last = match.groups()
    if not first:
        start, end = max(0, size - int(last)), size
    else:
        start, end = int(first), min(int(last) + 1, size) if last else size
    return (start, end) if start < end else None


def _read(file: Any, start: int, end: int) -> Iterator[bytes]:
    with file:
        file.seek(start)
        left = end - start
        while left > 0:
            chunk = file.read(min(_CHUNK, left))
            if not chunk:
                return
            left -= len(chunk)
            yield chunk
