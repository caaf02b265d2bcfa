"""The API answers as `/api/v1/openapi.json` says, whatever is asked (schemathesis)."""

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.strategies import one_of
from schemathesis import GenerationMode
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from broadsheet.asgi import make_app
from broadsheet.demo import shelf_path
from broadsheet.model.credentials import SCOPES
from broadsheet.model.settings import Settings
from broadsheet.wiring import open_library

pytestmark = pytest.mark.slow

CHECKS = [
    schemathesis.checks.not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    """An open library, and a token of its admin for everything."""
    folder = tmp_path_factory.mktemp("described") / "library"
    services = open_library(Settings(library=folder, accounts="open"), create=True)
    services.importing.run([shelf_path()])
    services.embedding.index_words()
    ada = services.accounts.accounts.sign_up(name="Ada", password="!")
    token = services.tokens.make(ada, name="all", scopes=SCOPES, days=30)
    yield services, token
    services.close()


@pytest.fixture(scope="module")
def described(library):
    return schemathesis.openapi.from_asgi("/api/v1/openapi.json", make_app(library[0]))


@pytest.mark.parametrize("who", ["nobody", "a token of all scopes"])
def test_every_answer_is_one_that_is_described(library, described, who):
    headers = {} if who == "nobody" else {"Authorization": f"Bearer {library[1]}"}
    faults, n_operations = [], 0
    for found in described.get_all_operations():
        operation = found.ok()
        n_operations += 1
        fault = first_fault(operation, headers)
        if fault:
            faults.append(f"{operation.label}: {fault}")
    assert n_operations > 20
    assert not faults, "\n\n".join(faults)


def first_fault(operation, headers):
    """Ask with what is allowed and with what is not; return what a wrong answer was, or nothing."""
    modes = (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
    cases = one_of(*(operation.as_strategy(mode) for mode in modes))

    @settings(
        max_examples=15,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(cases)
    def ask(case):
        case.call_and_validate(headers=headers, checks=CHECKS)

    try:
        ask()
    except (Exception, FailureGroup) as e:  # of the application, or of the checks
        return f"{type(e).__name__} {e} {getattr(e, 'exceptions', '')}"
    return ""
