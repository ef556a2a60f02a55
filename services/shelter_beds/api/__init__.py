"""shelter_beds over HTTP (CONTRACT, "shelter-beds")."""
