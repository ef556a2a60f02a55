"""Call logs as incidents: a small profile maps an agency's CSV, so another agency's log needs no code."""
