"""As whom PostgreSQL runs, which refuses to run as root.

Note [PostgreSQL and root]
It wants a user who is not root, has a name, and owns the data. In this order:
1. A normal user: as that user.
2. Root, and the data are somebody else's: as their owner.
3. Root, or a user without a name: in a user namespace in which we are called "nobody". On disk
   the files stay ours, so this works below a folder that only we may enter.
4. Root where namespaces are forbidden, as in most containers: really as "nobody".
5. The same below a folder that only root may enter: as "nobody" who keeps one capability of
   root's, to pass through folders. The modes of folders are never changed.
"""

import ctypes
import os
import pwd
import subprocess
from pathlib import Path

from config.local.processes import OURSELVES, Identity, spawn
from config.local.servers import CannotStart, server_environment

_NOBODY = 65_534
_LIBC = ctypes.CDLL(None, use_errno=True)

_CLONE_NEWUSER = 0x1000_0000
_PR_SET_SECUREBITS, _SECBIT_NO_SETUID_FIXUP = 28, 1 << 2
_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE = 47, 2
_CAP_DAC_OVERRIDE = 1
_CAPABILITY_VERSION_3 = 0x2008_0522


def identity_for(*, data: Path, program: Path) -> Identity:
    """As whom `program` can work on `data`: see Note [PostgreSQL and root]. Raises CannotStart."""
    we = os.geteuid()
    if we != 0 and _has_name(we):
        return OURSELVES
    owner = data.stat().st_uid if data.exists() else we
    if we == 0 and owner not in (0, _NOBODY):
        return Identity(user=owner)
    candidates = [Identity(enter=_enter_namespace)] if owner == we else []
    if we == 0:
        candidates += [Identity(user=_NOBODY), Identity(enter=_become_nobody, owner=_NOBODY)]
    for identity in candidates:
        if _reaches(identity, program=program, folder=data.parent):
            if identity.owner_on_disk is not None and data.exists() and owner == 0:
                _give(data, user=identity.owner_on_disk)
            return identity
    if we != 0:
        raise CannotStart(f"user {we} has no entry in /etc/passwd, which PostgreSQL needs: add one")
    raise CannotStart(
        f'PostgreSQL refuses to run as root, and the user "nobody" cannot reach {program} or '
        f"{data.parent}: run as a normal user, or move the folder to where all users may enter "
        "(not below /root), or set DATABASE_URL to a server of your own"
    )


def _has_name(user: int) -> bool:
    try:
        pwd.getpwuid(user)
    except KeyError:
        return False
    return True


def _reaches(identity: Identity, *, program: Path, folder: Path) -> bool:
    question = 'test -x "$1" && test -x "$2"'
    command: list[str | Path] = ["/bin/sh", "-c", question, "sh", program, folder]
    try:
        process = spawn(command, env=server_environment(), identity=identity, cwd=Path("/"))
    except (subprocess.SubprocessError, OSError):
        return False
    return process.wait() == 0


def _give(folder: Path, *, user: int) -> None:
    for path in (folder, *folder.rglob("*")):
        os.chown(path, user, user, follow_symlinks=False)


def _enter_namespace() -> None:
    """Runs in the child: becomes "nobody" in a user namespace of its own."""
    user, group = os.geteuid(), os.getegid()
    _call(_LIBC.unshare(_CLONE_NEWUSER), name="unshare")
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{_NOBODY} {user} 1")
    Path("/proc/self/gid_map").write_text(f"{_NOBODY} {group} 1")


def _become_nobody() -> None:
    """Runs in the child: becomes "nobody", but keeps the right to pass through folders.

    Without the secure bit, `access()` would answer for a user who lacks that right, and
    PostgreSQL's programs ask it whether they find one another.
    """
    _call(_LIBC.prctl(_PR_SET_SECUREBITS, _SECBIT_NO_SETUID_FIXUP, 0, 0, 0), name="securebits")
    os.setgroups([])
    os.setresgid(_NOBODY, _NOBODY, _NOBODY)
    os.setresuid(_NOBODY, _NOBODY, _NOBODY)
    one = 1 << _CAP_DAC_OVERRIDE
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    # Effective, permitted, inheritable: capabilities 0 to 31, then 32 to 63.
    sets = (ctypes.c_uint32 * 6)(one, one, one, 0, 0, 0)
    _call(_LIBC.capset(ctypes.byref(header), ctypes.byref(sets)), name="capset")
    raised = _LIBC.prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE, _CAP_DAC_OVERRIDE, 0, 0)
    _call(raised, name="ambient capability")


def _call(result: int, *, name: str) -> None:
    if result != 0:
        raise OSError(ctypes.get_errno(), name)
