"""States and decisions of dispatch; pure: no I/O, no framework, no clock of its own."""
