"""Pictures of every page of every role: a night is staged through the public API, then a real browser looks at it."""
