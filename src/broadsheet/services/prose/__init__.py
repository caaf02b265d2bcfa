"""Titles and abstracts with TeX in them, read for every face: pieces, formulas, plain text."""
