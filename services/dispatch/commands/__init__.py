"""Use cases of dispatch: one transaction each."""
