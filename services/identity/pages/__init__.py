"""What identity shows in a browser."""
