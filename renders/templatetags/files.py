"""What kinds of files are called, for people."""

from django import template
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

register = template.Library()

# Of takes and of characters; receipts name them by these keys.
_WORDS = {
    "original": gettext_lazy("the original"),
    "provider_thumbnail": gettext_lazy("the provider’s still"),
    "provider_sheet": gettext_lazy("the provider’s sheet of stills"),
    "proxy": gettext_lazy("the review copy"),
    "poster": gettext_lazy("the poster"),
    "hover_sheet": gettext_lazy("the sheet of stills"),
    "waveform": gettext_lazy("the waveform"),
    "source": gettext_lazy("the source"),
    "preview": gettext_lazy("the preview"),
    "fit": gettext_lazy("the cut to a clip’s size"),
    "evidence": gettext_lazy("the evidence of rights"),
}


@register.filter
def file_words(kind: str) -> str:
    """What a file of this kind is called inside a sentence; a kind that is not known says itself."""
    return str(_WORDS.get(kind, "")) or _("a file (%(kind)s)") % {"kind": kind}
