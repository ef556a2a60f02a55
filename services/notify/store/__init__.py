"""notify's queries, by what they are about. Rows go in and come out as the domain's own values."""
