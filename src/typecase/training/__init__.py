"""Scripts that fit methods on material of one's own: `python -m typecase.training.NAME --help`."""
