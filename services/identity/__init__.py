"""identity owns staff accounts, their roles in organisations, and sessions.

It promises: nobody calls it in the emergency path, since its tokens are verified by public key; a sign-out or a changed
role is known everywhere within five seconds while the bus is up, and when the token ends otherwise; a password is
nowhere but as a memory-hard hash; guessing gets slower, and nobody is locked out for ever; addresses stay here (P6).
"""
