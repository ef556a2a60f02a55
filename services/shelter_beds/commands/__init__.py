"""Use cases of shelter_beds: one transaction each."""
