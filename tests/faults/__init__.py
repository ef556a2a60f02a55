"""Storms: calls come in and people work while everything that can fail does; then every promise is checked."""
