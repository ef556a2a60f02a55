"""intake's use cases: one transaction each."""
