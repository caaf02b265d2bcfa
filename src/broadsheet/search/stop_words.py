"""English words too common to look for; a query of nothing else is looked up with them."""

_WORDS = """
a about after all also am an and any are as at be because been before being between both but
by can could did do does doing during each few for from further had has have having he her here
hers him his how i if in into is it its itself me more most my no nor not of off on once only or
other our ours out over own paper papers per same she should so some such than that the their
theirs them then there these they this those through to too under until up upon us very was we
were what when where which while who whom whose why will with would you your yours
d ll m re s t ve
"""
STOP_WORDS = frozenset(_WORDS.split())
