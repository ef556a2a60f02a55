"""What operators and whoever leads their shift see in a browser."""
