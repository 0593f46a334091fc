"""The launcher with tiny programs in place of the product's: `python -m tests.local_double run`.

Real are the checks, the servers, the steps' runner, the supervisor and the signals. Each tiny
program notes in the file `stopped` of its working directory that it was told to stop.
"""

import signal
import socket
import sys
import time
from pathlib import Path

from config.local.__main__ import main
from config.local.programs import Program
from config.local.run import Installation
from config.local.setup import Step, logins_file

ME = (sys.executable, "-m", "tests.local_double")


class Double(Installation):
    """An installation whose programs are `program` below."""

    def steps(self) -> list[Step]:
        """One step, which prints a login as `create_demo_logins` does."""
        return [Step("logins", [*ME, "logins"], output=logins_file(self.folder))]

    def programs(self) -> list[Program]:
        """A web that listens, a worker, and a stubborn one when the file `stubborn` is there."""
        names = ["web", "worker"] + ["stubborn"] * Path("stubborn").exists()
        return [
            Program(
                name,
                (*ME, "program", name, str(self.port)),
                stop_seconds=30 if name == "stubborn" else 5,
                port=self.port if name == "web" else None,
            )
            for name in names
        ]


def program(name: str, port: int) -> None:
    """Runs until SIGTERM, which a stubborn one ignores."""

    def leave(*_: object) -> None:
        with Path("stopped").open("a") as file:
            print(name, file=file)
        sys.exit(0)

    signal.signal(signal.SIGTERM, signal.SIG_IGN if name == "stubborn" else leave)
    server = socket.create_server(("127.0.0.1", port)) if name == "web" else None
    print(f"{name} is up", flush=True)
    while True:
        time.sleep(60)
        assert server is None or server.fileno() > 0


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["logins"]:
            print('[{"username": "agent"}]')
        case ["program", name, port]:
            program(name, int(port))
        case arguments:
            sys.exit(main(arguments, project=Path.cwd(), installation=Double))
