import os
import subprocess
import sys
from dataclasses import replace

from deploy.embedded.process import Identity


def test_a_running_process_is_recognised() -> None:
    own = Identity.of(os.getpid())
    assert own is not None
    assert own.is_alive()
    assert not replace(own, began="earlier").is_alive()


def test_a_dead_process_that_nobody_reaped_is_not_alive() -> None:
    with subprocess.Popen([sys.executable, "-c", ""], stdout=subprocess.PIPE) as child:
        identity = Identity.of(child.pid)
        assert child.stdout is not None
        child.stdout.read()  # its end of the pipe closes when it is over
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
        assert identity is not None
        assert not identity.is_alive()
        assert Identity.of(child.pid) is None
