"""What a file claims: first bytes, and our own walk over each kind of header."""
