"""How well heads find papers alike in one respect, and how searches say no."""
