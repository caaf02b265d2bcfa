"""`/trending/formula`: how trending counts, from the settings in force."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from broadsheet.model.trend_formulas import NAMED
from broadsheet.model.trend_settings import TrendWeights
from broadsheet.model.trending import most_of_one_account
from broadsheet.services.trend_example import EXAMPLE, example
from broadsheet.web.site import nothing_else, site_of
from broadsheet.web.visitor import visitor_of

_TERMS = (
    r"x = \sum_{e} w_{e} \cdot \mathrm{trust}_{e} \cdot \mathrm{corr}_{e} \cdot 2^{-(t-t_{e})/H}",
    r"\mathrm{surprise} = \frac{x - \mu}{\sqrt{\mu + \varepsilon}}",
    r"\mathrm{fresh} = 2^{-\max(a - A,\, 0)/F}",
    r"\mathrm{trend} = (\mathrm{surprise} + c \cdot \mathrm{growth}) \cdot \mathrm{fresh}",
)


def formula(request: Request) -> Response:
    """The formula, its weights, a worked example, and the formulas of others."""
    site = site_of(request)
    nothing_else(request)
    choice = site.services.trending.choice
    settings = choice.in_force()
    visitor = visitor_of(request)
    return site.press.page(
        request,
        "trending_formula.html",
        settings=settings,
        is_chosen=choice.is_chosen(),
        formulas=_TERMS,
        weights=_weights(settings.weights),
        example=EXAMPLE,
        terms=example(settings),
        named=NAMED,
        bound=most_of_one_account(settings.weights.model_dump()),
        may_change=visitor is not None and visitor.is_admin,
    )


def _weights(weights: TrendWeights) -> list[tuple[str, str, float]]:
    """Each kind with what it is and what it weighs."""
    fields = TrendWeights.model_fields
    return [
        (kind, fields[kind].description or "", weight)
        for kind, weight in weights.model_dump().items()
    ]


ROUTES = [Route("/trending/formula", formula)]
