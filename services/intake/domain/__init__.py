"""Decisions about incidents: values and the present moment in, decisions out. No store, no bus, no clock here."""
