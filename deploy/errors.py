class CommandError(Exception):
    """What a command could not do and why, in one sentence a person can act on."""
