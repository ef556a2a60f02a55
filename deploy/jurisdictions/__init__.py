"""Jurisdictions as data: one YAML file each, and the generated `scale`. README.md here says more."""
