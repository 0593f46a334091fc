"""Child processes that never outlive this one, and reading their last words.

Note [Nothing outlives the launcher]
A launcher that is killed with SIGKILL runs no clean-up, so the kernel has to do it: every child
asks for a signal on the death of its parent (PR_SET_PDEATHSIG). A change of credentials or of
user namespace takes that wish back, so it is made last, between fork and exec. The wish is tied
to the *thread* that forks; children are therefore started from the main thread only.
"""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None, use_errno=True)

POLL_SECONDS = 0.03


@dataclass(frozen=True, slots=True)
class Identity:
    """As whom a child runs: with `user`, as that user; `enter` runs in it before the exec.

    `owner` says whose files it works on where `enter` makes that somebody else.
    """

    user: int | None = None
    enter: Callable[[], None] | None = None
    owner: int | None = None

    @property
    def owner_on_disk(self) -> int | None:
        """Who must own what the child works on; None when we do already."""
        return self.user if self.owner is None else self.owner


OURSELVES = Identity()


def spawn(
    command: Sequence[str | Path],
    *,
    env: Mapping[str, str],
    death_signal: signal.Signals = signal.SIGKILL,
    identity: Identity = OURSELVES,
    cwd: Path | None = None,
    log: Path | None = None,
    output: Path | None = None,
    stdin: int | None = subprocess.DEVNULL,
    own_session: bool = True,
    keep_open: Sequence[int] = (),
) -> subprocess.Popen[bytes]:
    """Starts `command` as a child that dies with us.

    `log` gets what it says (else it shares ours), but its standard output goes to `output` if
    that is given; `stdin` None shares ours; `own_session` keeps
    the terminal's Ctrl-C from it, so that we decide the order of stopping; `keep_open` are
    descriptors that it inherits.
    """
    parent = os.getpid()

    def before_exec() -> None:
        if identity.enter is not None:
            identity.enter()
        if sys.platform == "linux":
            _LIBC.prctl(_PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0)
            if os.getppid() != parent:  # it died before the wish was made
                os.kill(os.getpid(), signal.SIGKILL)

    with contextlib.ExitStack() as closing:
        errors = None if log is None else closing.enter_context(log.open("ab"))
        said = errors if output is None else closing.enter_context(output.open("wb"))
        return subprocess.Popen(
            [str(part) for part in command],
            env=dict(env),
            cwd=cwd,
            stdin=stdin,
            stdout=said,
            stderr=errors,
            start_new_session=own_session,
            pass_fds=tuple(keep_open),
            user=identity.user,
            group=identity.user,
            extra_groups=None if identity.user is None else [],
            # Safe here: this program has one thread, so no lock can be held by another.
            preexec_fn=before_exec,  # noqa: PLW1509
        )


def has_ended(process: subprocess.Popen[bytes]) -> bool:
    """True once `process` has ended; then whatever is left of its group is killed.

    A Celery worker killed outright leaves its pool busy with the task at hand. The group is
    killed before the process is reaped: until then its number belongs to nobody else.
    """
    if process.returncode is not None:
        return True
    flags = os.WEXITED | os.WNOHANG | os.WNOWAIT
    if os.waitid(os.P_PID, process.pid, flags) is None:
        return False
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if os.getpgid(process.pid) == process.pid:
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    return True


def wait_until(
    condition: Callable[[], bool], *, seconds: float, every_seconds: float = POLL_SECONDS
) -> bool:
    """Polls `condition` until it holds (True) or the time is over (False)."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(every_seconds)
    return True


def stop(process: subprocess.Popen[bytes], *, how: signal.Signals, seconds: float) -> bool:
    """Asks `process` to stop and kills it when it does not. True when it stopped by itself."""
    if has_ended(process):
        return True
    process.send_signal(how)
    if wait_until(lambda: has_ended(process), seconds=seconds):
        return True
    kill(process)
    return False


def kill(process: subprocess.Popen[bytes]) -> None:
    """Ends `process` and its group at once."""
    if has_ended(process):
        return
    process.kill()
    wait_until(lambda: has_ended(process), seconds=5)


def exit_status(returncode: int) -> int:
    """What a shell would report: 128 + signal for a process that a signal ended."""
    return returncode if returncode >= 0 else 128 - returncode


def describe_exit(returncode: int) -> str:
    """Words for an exit status, such as "was killed by SIGKILL" or "exited with status 1"."""
    if returncode >= 0:
        return f"exited with status {returncode}"
    try:
        return f"was killed by {signal.Signals(-returncode).name}"
    except ValueError:
        return f"was killed by signal {-returncode}"


def rotate(log: Path) -> None:
    """Moves `log` to `log.1`, so that each start begins an empty file and one is kept."""
    log.parent.mkdir(parents=True, exist_ok=True)
    if log.exists():
        log.replace(log.with_name(log.name + ".1"))


def tail(log: Path, *, lines: int = 12, bytes_max: int = 16_384) -> list[str]:
    """Last lines of `log`; none when there is no such file."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - bytes_max))
            text = file.read().decode("utf-8", "replace")
    except FileNotFoundError:
        return []
    return text.splitlines()[-lines:]
