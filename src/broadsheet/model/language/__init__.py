"""The language of searches, for the box, addresses, the API, commands and saved queries."""

from broadsheet.model.language.plan import Plan, plan_of
from broadsheet.model.language.printing import canonical
from broadsheet.model.language.reading import read

__all__ = ["Plan", "canonical", "plan_of", "read"]
