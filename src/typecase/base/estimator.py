"""The contract of every method: arguments stored unchanged, `fit` returns self, `_` is fitted."""

import copy
import inspect
from collections.abc import Iterable
from pathlib import Path
from typing import Any, ClassVar, Self

from typecase.base.errors import InvalidInputError, NotFittedError


class Estimator:
    """Base of every method.

    A subclass has a keyword-only `__init__` that stores its arguments under their own names,
    unchanged and unchecked. What `fit` learns is stored under names that end in `_`. Both are
    plain values, arrays or other estimators, so that `save` can write them (see `get_state`).
    """

    room: ClassVar[str] = ""
    """The room that the method is looked up in when a saved folder is loaded."""

    def get_params(self) -> dict[str, Any]:
        """Return the arguments of `__init__` as they are stored, in their order."""
        return {name: getattr(self, name) for name in param_defaults(type(self))}

    def clone(self, **changes: Any) -> Self:
        """Return an unfitted copy with the same arguments, except those given.

        Arguments that are estimators are cloned too; other mutable ones are copied.

        Raises:
            InvalidInputError: a change names no argument.
        """
        known = self.get_params()
        if unknown := sorted(set(changes) - set(known)):
            raise InvalidInputError(
                f"{type(self).__name__} has no parameter {unknown[0]!r}; it has {', '.join(known)}."
            )
        return type(self)(**{name: _clone_value(v) for name, v in (known | changes).items()})

    def is_fitted(self) -> bool:
        """Return whether `fit` has stored anything (an attribute whose name ends in `_`)."""
        return any(_is_fitted_name(name) for name in vars(self))

    def save(self, folder: str | Path) -> None:
        """Write the estimator as a folder; an older one there is replaced in one step.

        Raises:
            NotFittedError: before fit.
            InvalidInputError: a parameter cannot be written (a Generator: pass a seed instead).
            StorageError: the disk refused; what was there before is still there.
        """
        from typecase.base.saving import save

        save(self, folder)

    @classmethod
    def load(cls, folder: str | Path, *, mmap: bool = False, verify: bool = True) -> Self:
        """Read what `save` wrote; see `typecase.base.saving.load`."""
        from typecase.base.saving import load

        return load(folder, cls=cls, mmap=mmap, verify=verify)

    def get_state(self) -> dict[str, Any]:
        """Return what `fit` learned, by attribute name; `save` writes exactly this."""
        return {name: value for name, value in vars(self).items() if _is_fitted_name(name)}

    def set_state(self, state: dict[str, Any]) -> None:
        """Take back what `get_state` gave. Arrays may be read-only memory maps."""
        for name, value in state.items():
            setattr(self, name, value)

    def check_fitted(self) -> None:
        """Raise NotFittedError unless `fit` (or `load`) has run."""
        if not self.is_fitted():
            raise NotFittedError(f"This {type(self).__name__} is not fitted. Call fit() first.")

    def __repr__(self) -> str:
        changed = _changed(self.get_params(), param_defaults(type(self)))
        return f"{type(self).__name__}({', '.join(f'{n}={v!r}' for n, v in changed)})"


def param_defaults(cls: type[Estimator]) -> dict[str, Any]:
    """Return the keyword-only arguments of `__init__` with their defaults.

    An argument without one has `inspect.Parameter.empty`.
    """
    if cls.__init__ is object.__init__:
        return {}
    parameters = list(inspect.signature(cls.__init__).parameters.values())[1:]
    for parameter in parameters:
        if parameter.kind is not parameter.KEYWORD_ONLY:
            raise TypeError(f"{cls.__name__}.__init__: {parameter.name} must be keyword-only.")
    return {parameter.name: parameter.default for parameter in parameters}


def _changed(params: dict[str, Any], defaults: dict[str, Any]) -> Iterable[tuple[str, Any]]:
    for name, value in params.items():
        default = defaults[name]
        # repr, because == of arrays is an array
        if value is not default and repr(value) != repr(default):
            yield name, value


def _is_fitted_name(name: str) -> bool:
    return name.endswith("_") and not name.startswith("_")


def _clone_value(value: Any) -> Any:
    return value.clone() if isinstance(value, Estimator) else copy.deepcopy(value)
