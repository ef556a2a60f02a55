"""notify over HTTP (CONTRACT, "notify")."""
