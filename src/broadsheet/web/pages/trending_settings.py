"""`/trending/settings`: an admin tries other settings on, and puts them in force."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from broadsheet.model.errors import NotAllowedError, QueryError, SettingsError
from broadsheet.model.trend_settings import FORMULAS, TrendingSettings, TrendWeights
from broadsheet.services.trending import Trending
from broadsheet.web.forms import Form, posted
from broadsheet.web.site import Site, nothing_else, site_of
from broadsheet.web.visitor import reader_of

_OF_WEIGHT = "weights."
_DOES = ("preview", "save", "reset")


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One number of the form: its name, what it means, what it is, as text."""

    name: str
    meaning: str
    value: str


def settings(request: Request) -> Response:
    """The form, filled in with what is in force."""
    _refuse_all_but_admins(request)
    nothing_else(request)
    site = site_of(request)
    return _page(request, site, site.services.trending.choice.in_force())


def change(request: Request, form: Form) -> Response:
    """Show the first ten as they would stand, or put the settings in force."""
    given = {name: form.text(name) for name in form.fields}
    _refuse_all_but_admins(request)
    site = site_of(request)
    choice = site.services.trending.choice
    wanted = {name: value.strip() for name, value in given.items() if value.strip()}
    does = wanted.pop("do", "preview")
    if does not in _DOES:
        raise QueryError(f"'do' must be one of {', '.join(_DOES)}; got {does[:40]!r}.")
    if does == "reset":
        choice.forget()
        return RedirectResponse("/trending/formula", status_code=303)
    try:
        chosen = choice.checked(_nested(wanted))
    except SettingsError as e:
        return _page(request, site, choice.in_force(), given=wanted, refusal=str(e))
    if does == "preview":
        return _page(request, site, chosen, preview=True)
    choice.choose(_nested(wanted))
    return RedirectResponse("/trending/formula", status_code=303)


def _refuse_all_but_admins(request: Request) -> None:
    if not reader_of(request).is_admin:
        raise NotAllowedError("Only an admin may change how trending counts.")


def _nested(given: Mapping[str, str]) -> dict[str, Any]:
    """Return a form's values as settings: `weights.up` is `up` within `weights`."""
    values: dict[str, Any] = {n: v for n, v in given.items() if not n.startswith(_OF_WEIGHT)}
    weights = {n.removeprefix(_OF_WEIGHT): v for n, v in given.items() if n.startswith(_OF_WEIGHT)}
    return {**values, "weights": weights} if weights else values


def _page(
    request: Request,
    site: Site,
    shown: TrendingSettings,
    *,
    given: Mapping[str, str] | None = None,
    refusal: str = "",
    preview: bool = False,
) -> Response:
    now = site.services.trending.choice.in_force()
    before: tuple[Trending, ...] = site.services.trending.preview(now) if preview else ()
    after: tuple[Trending, ...] = site.services.trending.preview(shown) if preview else ()
    return site.press.page(
        request,
        "trending_settings.html",
        status=422 if refusal else 200,
        formula=(given or {}).get("formula", shown.formula),
        formulas=FORMULAS,
        numbers=_fields(shown, given or {}),
        weights=_weight_fields(shown.weights, given or {}),
        is_chosen=site.services.trending.choice.is_chosen(),
        refusal=refusal,
        preview=preview,
        before=before,
        after=after,
    )


def _fields(shown: TrendingSettings, given: Mapping[str, str]) -> list[Field]:
    return [
        Field(
            name=name,
            meaning=field.description or "",
            value=given.get(name, f"{getattr(shown, name):g}"),
        )
        for name, field in TrendingSettings.model_fields.items()
        if name not in ("formula", "weights")
    ]


def _weight_fields(shown: TrendWeights, given: Mapping[str, str]) -> list[Field]:
    return [
        Field(
            name=f"{_OF_WEIGHT}{kind}",
            meaning=field.description or "",
            value=given.get(f"{_OF_WEIGHT}{kind}", f"{getattr(shown, kind):g}"),
        )
        for kind, field in TrendWeights.model_fields.items()
    ]


ROUTES = [
    Route("/trending/settings", settings, methods=["GET"]),
    Route("/trending/settings", posted(change), methods=["POST"]),
]
