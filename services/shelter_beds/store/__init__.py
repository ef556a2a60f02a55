"""The queries of shelter_beds, by what they are about. Rows go in and come out as values of the domain."""
