"""Whom the tests' HTTP clients trust."""

from __future__ import annotations

import ssl

NOBODY = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""No authority. Tests speak plain HTTP to 127.0.0.1; reading the world's authorities for each client, as httpx does
unasked, took them longer than what they test."""
