"""The decoding process: its door, its walls, and the one who watches over it."""
