"""Use cases. They take ports and know no room below; `wiring` hands them what they need."""
