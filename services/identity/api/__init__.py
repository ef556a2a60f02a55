"""identity over HTTP (CONTRACT, "identity")."""
