"""States and decisions of shelter_beds; pure: no I/O, no framework, no clock of its own."""
