"""From bytes to upright sRGB pixels; run inside the decoding process only."""
