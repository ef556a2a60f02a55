"""The benchmark: incidents at a given rate on a generated jurisdiction, measured as those who wait would see it."""
