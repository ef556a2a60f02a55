"""What a shelter's staff, and whoever oversees shelters, see in a browser."""
