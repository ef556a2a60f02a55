"""What a centre's staff see in a browser."""
