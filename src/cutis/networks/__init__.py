"""Torch modules and nothing else; arrays are ``N C H W``."""
