"""`/metrics`: the installation's state and its requests, for Prometheus."""

import logging
from collections.abc import Iterable, Iterator

from fastapi import APIRouter, Request, Response
from fastapi.responses import PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from broadsheet.api.door import Door
from broadsheet.api.measuring import Requests
from broadsheet.api.v1.shapes import ErrorShape
from broadsheet.model.errors import BroadsheetError
from broadsheet.model.operations import Operations
from broadsheet.services.operations import OperationsService

log = logging.getLogger(__name__)

_SAID = {"application/json": {"schema": ErrorShape.model_json_schema()}}


def routes(operations: OperationsService, requests: Requests, door: Door) -> APIRouter:
    """Return the route."""
    router = APIRouter(tags=["operations"])

    @router.get(
        "/metrics",
        summary="Metrics for Prometheus",
        response_class=PlainTextResponse,
        responses={
            403: {"content": _SAID, "description": "Another token opens the metrics."},
            404: {"content": _SAID, "description": "For who may not know of it."},
        },
    )
    def get_metrics(request: Request) -> Response:
        """State and requests in Prometheus' text format; for addresses of `metrics_from` alone."""
        door.check(request)
        library = CollectorRegistry()
        library.register(_Library(operations))
        body = generate_latest(requests.gathered()) + generate_latest(library)
        return Response(body, media_type=CONTENT_TYPE_LATEST, headers={"Cache-Control": "no-store"})

    return router


class _Library(Collector):
    """Reads the state when it is asked, so that every worker says the same."""

    def __init__(self, operations: OperationsService) -> None:
        self.operations = operations

    def describe(self) -> Iterable[Metric]:
        """Return nothing: registering must not ask the database."""
        return []

    def collect(self) -> Iterator[Metric]:
        """Give the metrics; only that the library does not answer when it does not."""
        try:
            state = self.operations.state()
        except BroadsheetError as e:
            log.warning("metrics without the library: %s", e)
            yield _gauge("up", "Whether the library answers.", 0)
            return
        yield _gauge("up", "Whether the library answers.", 1)
        yield from _contents(state)
        yield from _harvests(state)
        yield from _storage(state)
        failures = CounterMetricFamily(
            "broadsheet_background_errors", "Failures of background work.", labels=["work"]
        )
        for work, times in state.troubles.times.items():
            failures.add_metric([work], times)
        yield failures


def _contents(state: Operations) -> Iterator[Metric]:
    info = GaugeMetricFamily("broadsheet_info", "What is running.", labels=["version", "schema"])
    info.add_metric([state.version, state.schema], 1)
    yield info
    counts = state.counts
    yield _gauge("papers", "Papers in the library.", counts.papers)
    yield _gauge("records", "Source records in the library.", counts.source_records)
    yield _gauge("events", "Events in the library.", counts.events)
    yield _gauge("rejects", "Lines that were refused.", counts.rejected)
    lag = GaugeMetricFamily(
        "broadsheet_index_lag_papers", "Papers that an index has not taken in.", labels=["index"]
    )
    lag.add_metric(["words"], state.words_behind)
    lag.add_metric(["vectors"], state.vectors_behind)
    yield lag


def _harvests(state: Operations) -> Iterator[Metric]:
    names = ["source", "selection"]
    age = GaugeMetricFamily(
        "broadsheet_harvest_last_success_age_seconds",
        "Time since a harvest last came to its end.",
        labels=names,
    )
    trouble = GaugeMetricFamily(
        "broadsheet_harvest_in_trouble", "Whether the last harvest ended early.", labels=names
    )
    for run in state.sources:
        if run.success_age_s is not None:
            age.add_metric([run.source, run.selection], run.success_age_s)
        trouble.add_metric([run.source, run.selection], bool(run.trouble))
    yield age
    yield trouble


def _storage(state: Operations) -> Iterator[Metric]:
    storage = state.storage
    parts = GaugeMetricFamily(
        "broadsheet_library_bytes", "Size of a part of the library on disk.", labels=["part"]
    )
    parts.add_metric(["database"], storage.database_bytes)
    parts.add_metric(["vectors"], storage.vectors_bytes)
    parts.add_metric(["words"], storage.words_bytes)
    parts.add_metric(["rejects"], storage.rejects_bytes)
    yield parts
    yield _gauge("disk_free_bytes", "What is free where the library lies.", storage.free_bytes)


def _gauge(name: str, text: str, value: float) -> Metric:
    return GaugeMetricFamily(f"broadsheet_{name}", text, value=value)
