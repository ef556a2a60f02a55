"""Use cases of notify: one transaction each."""
