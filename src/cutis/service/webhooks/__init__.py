"""Telling others of what happened: signed messages, tried again, never to private addresses."""
