"""Records that stay private, intact and erasable."""
