"""The rooms: one module per stage, strangers to each other."""
