"""What a shelter's staff see in a browser; and of shelters, whoever administers or oversees them."""
