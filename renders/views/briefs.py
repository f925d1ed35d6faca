"""Write a brief, see its prompt and its price, submit it."""

import secrets
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.views.decorators.http import require_POST, require_safe

from renders import casting, ledger, pictures, pricing
from renders.actions import briefs as brief_actions
from renders.actions import pictures as picture_actions
from renders.actions import renders as render_actions
from renders.forms import BriefForm, ProjectForm, defaults
from renders.make_form import count_in
from renders.models import Brief, Budget, Level, Project, ProviderAccount, Render
from renders.placing import threshold_passed
from renders.prompts import compose
from renders.views.pictures import changed as with_picture
from renders.views.pictures import is_about_picture, typed
from renders.views.policy import latest_case
from renders.views.refusals import live_check, mend
from renders.views.renders import page_of
from tenants.access import AgencyRequest, requires
from tenants.actions.agencies import add_client
from tenants.errors import Refused
from tenants.paging import keyset_page


@requires("briefs.view")
@require_safe
def brief_list(request: AgencyRequest) -> HttpResponseBase:
    """Briefs, last touched first."""
    query = request.GET.get("q", "").strip()
    rows = Brief.objects.listed().with_latest_take()
    if query:
        rows = rows.filter(title__icontains=query)
    page = keyset_page(rows, request.GET.get("before", ""), field="updated_at", size=30)
    has_projects = bool(page.rows) or Project.objects.exists()
    kept = {"q": query} if query else {}
    context = {"page": page, "query": query, "has_projects": has_projects, **page.links(**kept)}
    return TemplateResponse(request, "renders/brief_list.html", context)


def _initial(account: ProviderAccount, brief: Brief | None, request: AgencyRequest) -> dict[str, Any]:
    if brief is None:
        chosen = [public_id for public_id in request.GET.getlist("character")[:2] if public_id]
        return {**defaults(account), "project": request.GET.get("project"), "characters": chosen, "count": 1}
    kept = {name: value for name in ("model", "size", "seconds") if (value := getattr(brief, name))}
    cast = [character.public_id for character in casting.of_brief(brief)]
    texts = {
        **brief.texts(),
        "title": brief.title,
        "project": brief.project_id,
        "characters": cast,
        "picture": brief.picture.public_id if brief.picture else "",
        "count": 1,
    }
    return {**defaults(account), **kept, **texts}


def _composer(
    request: AgencyRequest,
    form: BriefForm,
    brief: Brief | None,
    *,
    status: int = 200,
    refusal: str = "",
    lacks_budget: bool = False,
) -> HttpResponseBase:
    """`lacks_budget`: that is why it was not rendered; said once, with what to do."""
    values = form.data if form.is_bound else form.initial
    refused = latest_case(brief, request) if brief else {}
    context = {
        "form": form,
        "brief": brief,
        "refusal": refusal,
        "submit_key": values.get("submit_key") or secrets.token_urlsafe(24),
        "preview": preview_of(form, values),
        "policy": live_check(values, client_id=_client_id(values)),
        "refused": refused,
        "lacks_budget": lacks_budget,
        "needs_budget": not Budget.objects.filter(level=Level.AGENCY).exists(),
        "takes": Render.objects.filter(brief=brief).listed()[:12] if brief else [],
    }
    return TemplateResponse(request, "renders/brief_form.html", context, status=status)


def preview_of(form: BriefForm, values: Any) -> dict[str, Any]:
    """The composed prompt and the price of what the form says now, or why there is none."""
    account, names = form.account, form.chosen_names()
    prompt = compose(Brief(**{name: values.get(name) or "" for name in Brief.TEXT_FIELDS}), names)
    choice = {"model": values.get("model") or "", "size": values.get("size") or ""}
    seconds = str(values.get("seconds") or "0")
    length = int(seconds) if seconds.isdecimal() and len(seconds) < 6 else 0
    try:
        offer = pricing.check_choice(account, **choice, seconds=length)
        quote = pricing.quote(account, **choice, seconds=length)
        if form.picture_file is not None and form.picture_problem:
            raise pictures.CannotUse(form.picture_problem)
    except Refused as error:
        return {"prompt": prompt, "problem": str(error)}
    count = count_in(values)
    return {
        "prompt": prompt,
        "price": pricing.dollars(quote.microusd * count),
        "microusd": quote.microusd * count,
        "count": count,
        "needs_approval": threshold_passed(_project_id(values), quote.microusd * count),
        "each": pricing.dollars(quote.microusd),
        "rate": pricing.dollars(quote.row.microusd_per_second),
        "seconds": length,
        "dearer": [
            {"than": line.than, "more": pricing.dollars(line.microusd * count)}
            for line in pricing.dearer(account, offer, quote)
        ],
        "verified_on": quote.row.verified_on,
        "is_unverified": quote.row.is_unverified,
    }


@requires("briefs.edit")
@require_POST
def brief_preview(request: AgencyRequest) -> HttpResponseBase:
    """The panel beside the form, as the form changes. Nothing is checked but the price, nothing is kept."""
    try:
        account = render_actions.account_for_new_renders()
        preview = preview_of(BriefForm(request.POST, account=account), request.POST)
    except render_actions.CannotSubmit as error:
        preview = {"prompt": "", "problem": str(error)}
    policy = live_check(request.POST, client_id=_client_id(request.POST))
    return TemplateResponse(
        request, "renders/policy/preview.html", {"preview": preview, "policy": policy, "is_oob": True}
    )


@requires("briefs.edit")
@require_POST
def brief_cast(request: AgencyRequest) -> HttpResponseBase:
    """The characters that fit what is looked for; those that are chosen stay. Nothing is kept."""
    try:
        form = BriefForm(request.POST, account=render_actions.account_for_new_renders())
    except render_actions.CannotSubmit:
        return HttpResponse(
            status=204
        )  # what is shown stays; the form itself says why nothing can be rendered
    return TemplateResponse(request, "renders/brief_cast.html#choices", {"form": form})


def _client_id(values: Any) -> UUID | None:
    """Whose own rules count: the client of the chosen project."""
    project = _project_id(values)
    if project is None:
        return None
    return Project.objects.filter(pk=project).values_list("client_id", flat=True).first()


def _project_id(values: Any) -> UUID | None:
    """The chosen project; None while none is."""
    try:
        return UUID(str(values.get("project") or ""))
    except ValueError:
        return None


def _mended(request: AgencyRequest, brief: Brief | None, account: ProviderAccount) -> HttpResponseBase:
    """A suggestion taken with one click: the form again, everything that was typed in it, one phrase replaced."""
    values = typed(request)
    choice = request.POST.get("do", "").removeprefix("mend:")
    changed = mend(request.POST.dict(), choice, client_id=_client_id(values))
    if not changed:
        messages.info(request, "The text has changed since, so nothing was replaced.")
    return _composer(request, BriefForm(initial={**values, **changed}, account=account), brief)


@requires("briefs.edit")
def brief_new(request: AgencyRequest) -> HttpResponseBase:
    """A new brief: three fields make a complete one; the rest is there when it is wanted."""
    if not Project.objects.exists():
        messages.info(request, "A brief belongs to a project. Start one first.")
        return redirect("renders:project-new", request.agency.slug)
    return _edit(request, None)


@requires("briefs.edit")
def brief_edit(request: AgencyRequest, brief: UUID) -> HttpResponseBase:
    """A brief that is there: edit it, submit it again."""
    return _edit(
        request, get_object_or_404(Brief.objects.select_related("project__client", "picture"), pk=brief)
    )


def _edit(request: AgencyRequest, brief: Brief | None) -> HttpResponseBase:
    try:
        account = render_actions.account_for_new_renders()
    except render_actions.CannotSubmit as error:
        return TemplateResponse(request, "renders/no_account.html", {"refusal": str(error)})
    if request.method != "POST":
        return _composer(
            request, BriefForm(initial=_initial(account, brief, request), account=account), brief
        )
    do = request.POST.get("do", "")
    if do.startswith("mend:"):
        return _mended(request, brief, account)
    if do == "find" or (do == "enter" and request.POST.get("cast_query", "").strip()):
        # Whoever presses Enter while they look for a character does not mean to spend.
        return _composer(request, BriefForm(initial=typed(request), account=account), brief)
    if is_about_picture(request):
        return _with_picture(request, brief, account)
    form = BriefForm(request.POST, account=account)
    if not form.is_valid():
        return _composer(request, form, brief, status=422)
    if do in {"submit", "enter"}:
        return _save_and_submit(request, form, brief)
    saved = _save(form, brief, request)
    messages.success(request, f"Saved “{saved.title}”. Nothing is rendered until you submit it.")
    return redirect("renders:brief-edit", request.agency.slug, saved.pk)


def _with_picture(request: AgencyRequest, brief: Brief | None, account: ProviderAccount) -> HttpResponseBase:
    """An image was added, cut or taken out: the form again, with everything in it. Nothing is saved or spent yet."""
    values, refusal = with_picture(request, account)
    form = BriefForm(initial=values, account=account)
    form.picture_refusal = refusal
    return _composer(request, form, brief, status=422 if refusal else 200)


def _save(form: BriefForm, brief: Brief | None, request: AgencyRequest) -> Brief:
    data = form.cleaned_data
    if data["picture"] is not None and data["picture_attested"]:
        picture_actions.attest_picture(file=data["picture"], by=request.user)
    return brief_actions.save_brief(
        project=data["project"],
        title=data["title"],
        texts=form.texts(),
        by=request.user,
        brief=brief,
        characters=data["characters"],
        picture=data["picture"],
        **form.choice(),
    )


def _save_and_submit(request: AgencyRequest, form: BriefForm, brief: Brief | None) -> HttpResponseBase:
    """Both or neither; a refusal shows the form again with everything in it."""
    if not request.membership.may("renders.submit"):
        return _composer(
            request, form, brief, status=403, refusal="Your role may write briefs, not spend on them."
        )
    key, shown = request.POST.get("submit_key", "")[:64], request.POST.get("shown_microusd", "")
    known = Render.objects.filter(submit_key=key).first() if key else None
    if known is not None:
        # The same form again: a double click, or Back and Submit. One render, one charge.
        return redirect(*page_of(request, known))
    try:
        with transaction.atomic():
            saved = _save(form, brief, request)
            try:
                render = render_actions.submit_render(
                    brief=saved,
                    submit_key=key or secrets.token_urlsafe(24),
                    shown_microusd=int(shown) if shown.isdecimal() and len(shown) < 16 else -1,
                    by=request.user,
                    count=form.cleaned_data["count"] or 1,
                )
            except render_actions.BlockedByPolicy as blocked:
                # The draft and the record of the refusal both stay.
                messages.error(request, f"{blocked} The draft is saved.")
                return redirect("renders:brief-edit", request.agency.slug, saved.pk)
    except ledger.NoBudget:
        return _composer(request, form, brief, status=422, lacks_budget=True)
    except Refused as error:
        field = getattr(error, "field", "")
        if field:
            form.add_error(field, str(error))
        return _composer(request, form, brief, status=422, refusal="" if field else str(error))
    return redirect(*page_of(request, render))


@requires("briefs.edit")
@require_POST
def brief_archive(request: AgencyRequest, brief: UUID) -> HttpResponseBase:
    """Take a brief off the list."""
    found = get_object_or_404(Brief.objects, pk=brief)
    brief_actions.archive_brief(brief=found, by=request.user)
    messages.success(request, f"Archived “{found.title}”. Its takes stay in the queue and in review.")
    return redirect("renders:brief-list", request.agency.slug)


@requires("briefs.edit")
def project_new(request: AgencyRequest) -> HttpResponseBase:
    """A new project, of a client that is there or of a new one."""
    form = ProjectForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            with transaction.atomic():
                client = data["client"] or add_client(name=data["new_client"], by=request.user)
                project = brief_actions.create_project(client=client, name=data["name"], by=request.user)
        except Refused as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, f"Started “{project.name}” for {client.name}.")
            return redirect(f"{_new_brief_url(request)}?project={project.pk}")
    status = 422 if form.is_bound else 200
    return TemplateResponse(request, "renders/project_form.html", {"form": form}, status=status)


def _new_brief_url(request: AgencyRequest) -> str:
    return redirect("renders:brief-new", request.agency.slug).url
