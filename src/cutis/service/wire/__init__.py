"""The JSON of the API: what is taken and what is given, field by field, with examples."""
