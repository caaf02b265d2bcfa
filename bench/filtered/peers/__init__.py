"""The engines: one file each, all with the same few methods."""
