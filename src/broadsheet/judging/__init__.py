"""Tells whether two records are of one paper, where no rule does."""
