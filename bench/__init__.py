"""One file a claim; each writes its figures to `results/` with what they were measured on."""
