"""Rulers: pure functions from rankings and judgements to numbers."""
