"""The project's own Python environment: .venv is what requirements.lock says, or it is built anew.

The launcher runs this file with whatever Python it found, so it imports only the standard library.
A lock counts as installed once its stamp is written, which is the last step: an interrupted
build leaves no stamp, and the next run starts again.
"""

import fcntl
import hashlib
import re
import subprocess
import sys
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
LOCK = ROOT / "requirements.lock"
DEV_LOCK = ROOT / "requirements-dev.lock"


class BuildError(Exception):
    """The environment cannot be built; the sentence says why."""


def is_installed(lock: Path) -> bool:
    """Whether exactly this lock was installed by exactly this Python's kind (cpython-311, say)."""
    stamp = _stamp(lock)
    return stamp.exists() and stamp.read_text() == _fingerprint(lock)


def build() -> None:
    """Make .venv from nothing and install the lock; return at once if another run just did."""
    with _alone() as claim:
        if _built_meanwhile():
            return
        progress = Progress(f"building its Python environment in {VENV}, this once")
        VENV.mkdir(exist_ok=True)
        for stamp in VENV.glob("*.stamp"):
            stamp.unlink()
        try:
            venv.create(VENV, clear=True, symlinks=True, with_pip=True)
        except subprocess.CalledProcessError as error:
            raise BuildError(f"{sys.executable} could not make a virtual environment in {VENV}.") from error
        _install(LOCK, progress, claim)


def extend(lock: Path, why: str) -> None:
    """Install one more lock into the finished .venv, unless it is there."""
    with _alone() as claim:
        if not is_installed(lock):
            _install(lock, Progress(why), claim)


class Progress:
    """One line on stderr; on a terminal it counts the packages."""

    def __init__(self, what: str) -> None:
        self._line = f"zakrila: {what}"
        self._live = sys.stderr.isatty()
        sys.stderr.write(f"{self._line} …" + ("" if self._live else "\n"))
        sys.stderr.flush()

    def show(self, step: str) -> None:
        if self._live:
            sys.stderr.write(f"\r\033[K{self._line}: {step}")
            sys.stderr.flush()

    def end(self) -> None:
        if self._live:
            sys.stderr.write("\r\033[K")
            sys.stderr.flush()


def _install(lock: Path, progress: Progress, claim: int) -> None:
    command = [
        *(str(VENV / "bin" / "python"), "-I", "-m", "pip", "install", "--requirement", str(lock)),
        *("--require-hashes", "--no-input", "--progress-bar=off"),
        *("--disable-pip-version-check", "--no-warn-script-location"),
    ]
    total = len(re.findall(r"^[\w.-]+==", lock.read_text(), flags=re.MULTILINE))
    output = VENV / f"{lock.stem}.log"
    last_error, collected = "pip ended without saying why", 0
    with (
        output.open("w") as log,
        # A pip that outlives this process keeps the claim, so nobody builds beside it.
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, pass_fds=[claim]) as pip,
    ):
        for line in pip.stdout or ():
            log.write(line)
            if line.startswith("Collecting "):
                collected += 1
                progress.show(f"package {collected} of {total}")
            elif line.startswith("Installing "):
                progress.show(f"installing {collected} packages")
            elif line.startswith("ERROR: "):
                last_error = line.removeprefix("ERROR: ").strip().rstrip(".")
    progress.end()
    if pip.returncode != 0:
        raise BuildError(f"pip could not install {lock.name}: {last_error}; its output is in {output}.")
    stamp = _stamp(lock)
    draft = stamp.with_suffix(".draft")
    draft.write_text(_fingerprint(lock))
    draft.replace(stamp)


def _stamp(lock: Path) -> Path:
    return VENV / f"{lock.stem}.stamp"


def _fingerprint(lock: Path) -> str:
    return f"{sys.implementation.cache_tag} {hashlib.sha256(lock.read_bytes()).hexdigest()}\n"


def _built_meanwhile() -> bool:
    """Whether the run we waited for left a .venv that works, whichever Python it was built with."""
    try:
        check = [str(VENV / "bin" / "python"), "-IS", __file__, "check"]
        return subprocess.run(check, check=False, capture_output=True).returncode == 0
    except OSError:
        return False


@contextmanager
def _alone() -> Iterator[int]:
    """Let runs at the same moment wait for one another; the kernel frees the claim of one that is killed."""
    with LOCK.open() as held:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            sys.stderr.write("zakrila: waiting for another run that is building the environment …\n")
            fcntl.flock(held, fcntl.LOCK_EX)
        yield held.fileno()


def main(step: str) -> int:
    if step == "check":
        return 0 if is_installed(LOCK) else 1
    try:
        build()
    except BuildError as error:
        sys.stderr.write(f"zakrila: {error}\n")
        return 1
    except OSError as error:
        sys.stderr.write(f"zakrila: the environment in {VENV} cannot be written: {error.strerror}.\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("\nzakrila: interrupted; the next run builds the environment again.\n")
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
