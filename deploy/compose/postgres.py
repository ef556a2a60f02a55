"""PostgreSQL for several services: one role and one database each, which no other role can open."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping, Sequence

REPLICATOR = "replicator"
PORT = 5432
_ITERATIONS = 4096
"""PostgreSQL's own number. The passwords are random and long: more rounds would only slow down connecting."""


def verifier(password: str, salt: bytes | None = None) -> str:
    """Return what PostgreSQL keeps of a password (SCRAM-SHA-256, RFC 5803): the server is never told it in clear."""
    salt = salt or secrets.token_bytes(16)
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, _ITERATIONS)
    client = hmac.digest(salted, b"Client Key", "sha256")
    stored, server = hashlib.sha256(client).digest(), hmac.digest(salted, b"Server Key", "sha256")
    salt64, stored64, server64 = (base64.b64encode(part).decode() for part in (salt, stored, server))
    return f"SCRAM-SHA-256${_ITERATIONS}:{salt64}${stored64}:{server64}"


def first_statements(verifiers: Mapping[str, str], replicator: str) -> str:
    """Return the SQL for an empty server: roles, databases, and nobody in the database of another."""
    lines = ["REVOKE ALL ON DATABASE postgres, template1 FROM PUBLIC;"]
    for name, kept in verifiers.items():
        lines += [
            f"CREATE ROLE {name} LOGIN PASSWORD '{kept}';",
            f"CREATE DATABASE {name} OWNER {name};",
            f"REVOKE ALL ON DATABASE {name} FROM PUBLIC;",
        ]
    lines.append(f"CREATE ROLE {REPLICATOR} LOGIN REPLICATION PASSWORD '{replicator}';")
    return "\n".join(lines) + "\n"


def access(names: Sequence[str]) -> str:
    """Return pg_hba.conf: a role comes into its own database only, the owner of the server only from inside."""
    lines = [
        "local all postgres peer",
        "local replication postgres peer",  # for backups: one instant of all databases
        *(f"host {name} {name} all scram-sha-256" for name in names),
        f"host replication {REPLICATOR} all scram-sha-256",
        "local all all reject",
        "host all all all reject",
    ]
    return "\n".join(lines) + "\n"


def password_file(passwords: Mapping[str, str]) -> str:
    """Return libpq's password file for these roles, each for its own database."""
    return "".join(
        f"*:{PORT}:{'replication' if name == REPLICATOR else name}:{name}:{password}\n"
        for name, password in passwords.items()
    )
