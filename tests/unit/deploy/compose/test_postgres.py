import base64

from deploy.compose import postgres


def test_the_verifier_is_that_of_the_standards_example() -> None:
    # RFC 7677 §3: user "user", password "pencil"; stored and server key follow from its salt and 4096 rounds.
    salt = base64.b64decode("W22ZaJ0SNY7soEsUEjb6gQ==")
    kept = postgres.verifier("pencil", salt)
    assert kept == (
        "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$"
        "WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU="
    )


def test_a_role_comes_into_its_own_database_only() -> None:
    lines = postgres.access(["intake", "dispatch"]).splitlines()
    assert [line for line in lines if line.split()[2] == "intake"] == ["host intake intake all scram-sha-256"]
    assert lines[-1] == "host all all all reject"
    statements = postgres.first_statements({"intake": "kept"}, "kept")
    assert "REVOKE ALL ON DATABASE intake FROM PUBLIC;" in statements


def test_the_password_file_names_the_database_of_each_role() -> None:
    assert postgres.password_file({"intake": "a", "replicator": "b"}) == (
        "*:5432:intake:intake:a\n*:5432:replication:replicator:b\n"
    )
