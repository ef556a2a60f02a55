"""What dispatchers, crews and whoever oversees them see in a browser."""
