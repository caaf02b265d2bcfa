"""Broadsheet: a self-hosted daily paper for research papers."""

__version__ = "0.1.0"
LOG_FORMAT = "%(levelname)s %(name)s: %(message)s"
