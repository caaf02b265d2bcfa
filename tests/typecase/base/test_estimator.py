"""The contract's base class."""

import pytest

from typecase.base.errors import InvalidInputError, NotFittedError
from typecase.base.estimator import Estimator, param_defaults


class Inner(Estimator):
    def __init__(self, *, size: int = 3) -> None:
        self.size = size


class Outer(Estimator):
    def __init__(self, *, inner: Inner, names: list[str] | None = None, rate: float = 0.5) -> None:
        self.inner = inner
        self.names = names
        self.rate = rate

    def fit(self) -> "Outer":
        self.total_ = 1
        return self


def test_params_come_back_as_they_were_given() -> None:
    inner, names = Inner(), ["a"]
    params = Outer(inner=inner, names=names).get_params()
    assert list(params) == ["inner", "names", "rate"]
    assert params["inner"] is inner
    assert params["names"] is names


def test_repr_shows_what_differs_from_the_defaults() -> None:
    assert repr(Outer(inner=Inner(size=4), rate=0.5)) == "Outer(inner=Inner(size=4))"
    assert repr(Inner()) == "Inner()"


def test_clone_is_unfitted_and_shares_nothing_that_changes() -> None:
    outer = Outer(inner=Inner(size=9), names=["a"]).fit()
    clone = outer.clone(rate=0.1)
    assert not clone.is_fitted()
    assert (clone.inner.size, clone.rate) == (9, 0.1)
    assert clone.inner is not outer.inner
    assert clone.names is not outer.names


def test_clone_refuses_an_unknown_parameter() -> None:
    with pytest.raises(InvalidInputError, match="no parameter 'sise'; it has size"):
        Inner().clone(sise=1)


def test_not_fitted_is_both_kinds_of_error() -> None:
    with pytest.raises(NotFittedError, match=r"This Inner is not fitted\. Call fit\(\) first\."):
        Inner().check_fitted()
    with pytest.raises(AttributeError):
        Inner().check_fitted()


def test_positional_parameters_are_refused() -> None:
    class Wrong(Estimator):
        def __init__(self, size: int = 3) -> None:
            self.size = size

    with pytest.raises(TypeError, match="size must be keyword-only"):
        param_defaults(Wrong)
