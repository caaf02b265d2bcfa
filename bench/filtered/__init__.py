"""Filtered vector search: our indexes and every peer that can be installed, on any vectors."""
