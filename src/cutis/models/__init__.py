"""Weights on disk become ports: what a model promises, where it lies, what runs it."""
