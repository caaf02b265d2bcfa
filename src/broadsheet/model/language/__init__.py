"""The language of searches, for the box, addresses, the API, commands and saved queries."""

from broadsheet.model.language.plain import as_words
from broadsheet.model.language.plan import Plan, plan_for, plan_of
from broadsheet.model.language.printing import canonical
from broadsheet.model.language.reading import read

__all__ = ["Plan", "as_words", "canonical", "plan_for", "plan_of", "read"]
