"""intake over HTTP (CONTRACT, "intake")."""
