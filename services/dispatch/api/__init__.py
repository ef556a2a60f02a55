"""dispatch over HTTP (CONTRACT, "dispatch")."""
