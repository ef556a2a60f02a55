"""What desks, crews and whoever leads the shift see in a browser."""
