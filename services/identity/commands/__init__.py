"""identity's use cases: one transaction each."""
