"""Arithmetic on arrays: no files, no models, no state."""
