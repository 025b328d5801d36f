"""Synthetic skin conditions: draw parameters, keep them as data, render them onto clean faces."""
