"""The programs' face: `/api/v1`, described by OpenAPI."""
