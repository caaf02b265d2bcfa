"""What every method of every room promises."""

import inspect
from typing import Any, Self

import pytest

from typecase.base.errors import NotFittedError
from typecase.base.estimator import Estimator, param_defaults


def test_it_is_an_estimator_that_knows_its_room(method: type[Any]) -> None:
    assert issubclass(method, Estimator)
    assert method.__module__.startswith(f"typecase.{method.room}.")


def test_parameters_are_keyword_only_with_defaults(method: type[Any]) -> None:
    defaults = param_defaults(method)  # refuses what is not keyword-only
    missing = [name for name, value in defaults.items() if value is inspect.Parameter.empty]
    assert missing == []


def test_parameters_are_stored_unchanged(method: type[Any], other_values: dict[type, Any]) -> None:
    given = {n: other_values.get(type(v), object()) for n, v in param_defaults(method).items()}
    params = method(**given).get_params()
    assert list(params) == list(given)
    for name, value in given.items():
        assert params[name] is value


def test_repr_of_the_defaults_is_the_class(method: type[Any]) -> None:
    assert repr(method()) == f"{method.__name__}()"


def test_repr_shows_what_was_changed(method: type[Any], other_values: dict[type, Any]) -> None:
    for name, default in param_defaults(method).items():
        value = not default if isinstance(default, bool) else other_values.get(type(default))
        if value is not None:
            assert f"{name}={value!r}" in repr(method(**{name: value}))


def test_clone_has_the_same_parameters_and_is_not_fitted(method: type[Any]) -> None:
    original = method()
    clone = original.clone()
    assert type(clone) is method
    assert clone is not original
    assert clone.get_params() == original.get_params()
    assert not clone.is_fitted()


def test_what_is_not_fitted_says_so(method: type[Any]) -> None:
    with pytest.raises(NotFittedError, match="Call fit"):
        method().check_fitted()


def test_fit_returns_self(method: type[Any]) -> None:
    fit = getattr(method, "fit", None)
    assert fit is None or inspect.signature(fit).return_annotation is Self


def test_it_is_documented(method: type[Any]) -> None:
    assert method.__doc__
    for name in param_defaults(method):
        assert f"{name}:" in method.__doc__
