"""What a model is worth: overlap, detection, ranking, calibration, fairness. Pure functions."""
