from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient
from tests.broadsheet.operations.conftest import asking, opened

from broadsheet.model.errors import SettingsError
from broadsheet.services.bundle import Services
from broadsheet.wiring import metrics_token, read_settings


def read(client: TestClient) -> dict[tuple[str, ...], float]:
    """Return each sample by its name and its labels' values, in their names' order."""
    answer = client.get("/metrics")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.headers["cache-control"] == "no-store"
    return {
        (sample.name, *(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def test_the_library_is_counted(services: Services) -> None:
    services.operations.troubles.add("indexes", OSError("no space"))
    found = read(asking(services))
    assert found[("broadsheet_up",)] == 1
    assert found[("broadsheet_papers",)] == 1
    assert found[("broadsheet_records",)] == 1
    assert found[("broadsheet_events",)] == 1
    assert found[("broadsheet_index_lag_papers", "words")] == 0
    assert found[("broadsheet_index_lag_papers", "vectors")] == 1
    assert found[("broadsheet_library_bytes", "database")] > 0
    assert found[("broadsheet_disk_free_bytes",)] > 0
    assert found[("broadsheet_background_errors_total", "indexes")] == 1


def test_requests_are_counted_by_route_and_never_by_what_was_asked(services: Services) -> None:
    client = asking(services)
    for path in (
        "/",
        "/api/v1/papers/2101.00001",
        "/api/v1/papers/none",
        "/api/v1/search?q=secret",
        "/2021-01-04",
        "/search?q=secret",
        "/no/such/secret/page",
    ):
        client.get(path)
    client.request("BREW", "/")
    text = client.get("/metrics").text
    assert "secret" not in text
    assert "2101.00001" not in text
    found = read(client)
    name = "broadsheet_request_duration_seconds_count"
    counted = {labels[1:]: n for labels, n in found.items() if labels[0] == name}
    assert counted[("GET", "/", "200")] == 1
    assert counted[("GET", "/api/v1/papers/{id:path}", "200")] == 1
    assert counted[("GET", "/api/v1/papers/{id:path}", "404")] == 1
    assert counted[("GET", "/api/v1/search", "200")] == 1
    assert counted[("GET", "/search", "200")] == 1
    assert counted[("GET", "/metrics", "200")] == 1
    assert {labels[0] for labels in counted} == {"GET", "other"}


def test_a_library_that_does_not_answer_is_down(services: Services) -> None:
    client = asking(services)
    services.close()
    (services.settings.library / "broadsheet.sqlite").write_bytes(b"no database" * 1000)
    found = read(client)
    assert found[("broadsheet_up",)] == 0
    assert ("broadsheet_papers",) not in found


@pytest.mark.parametrize(
    "host", ["10.0.0.7", "128.0.0.1", "2001:db8::1", "::ffff:10.0.0.7", "unix", ""]
)
def test_others_do_not_learn_of_it(host: str, services: Services) -> None:
    assert asking(services, host=host).get("/metrics").status_code == 404


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"])
def test_this_machine_reads_it(host: str, services: Services) -> None:
    assert asking(services, host=host).get("/metrics").status_code == 200


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "X-Real-IP"])
def test_what_a_proxy_on_this_machine_passes_on_is_not_from_here(
    header: str, services: Services
) -> None:
    answer = asking(services).get("/metrics", headers={header: "127.0.0.1"})
    assert answer.status_code == 404


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[Services]:
    """Metrics for one network, and for who has the token."""
    (tmp_path / "token").write_text("s3cret\n")
    services = opened(
        tmp_path / "library", metrics_from="10.0.0.0/8, ::1", metrics_token_file=tmp_path / "token"
    )
    yield services
    services.close()


@pytest.mark.parametrize(
    ("host", "authorization", "status"),
    [
        ("10.9.9.9", "", 200),
        ("127.0.0.1", "", 404),
        ("127.0.0.1", "Bearer s3cret", 200),
        ("192.0.2.1", "bearer  s3cret", 200),
        ("192.0.2.1", "Bearer other", 403),
        ("192.0.2.1", "Bearer ", 403),
        ("192.0.2.1", "Bearer s3cret\xe9", 403),
        ("10.9.9.9", "Bearer other", 403),
        ("192.0.2.1", "Basic s3cret", 404),
    ],
)
def test_networks_and_token_of_the_settings_open_it(
    host: str, authorization: str, status: int, guarded: Services
) -> None:
    headers = {"Authorization": authorization.encode("latin-1")} if authorization else {}
    assert asking(guarded, host=host).get("/metrics", headers=headers).status_code == status


@pytest.mark.parametrize("said", ["10.0.0.0/99", "here", "[3", "10.0.0.1/8", '["10.0.0.0/8", 3.5]'])
def test_a_network_that_is_none_is_named(said: str) -> None:
    with pytest.raises(SettingsError, match="metrics_from"):
        read_settings(environment={"BROADSHEET_METRICS_FROM": said})


def test_a_token_file_that_is_missing_or_empty_is_named(tmp_path: Path) -> None:
    settings = read_settings(environment={}, metrics_token_file=tmp_path / "none")
    with pytest.raises(SettingsError, match="none, which cannot be read"):
        metrics_token(settings)
    (tmp_path / "none").write_text(" \n")
    with pytest.raises(SettingsError, match="empty"):
        metrics_token(settings)
