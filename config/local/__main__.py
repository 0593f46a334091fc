"""`python -m config.local`: servers for one machine, or all of Duecourse."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from config.local.claim import FolderTaken
from config.local.ports import NoFreePort
from config.local.servers import CannotStart
from config.local.services import run_with_services

_PROJECT = Path(__file__).resolve().parent.parent.parent


def main(arguments: Sequence[str]) -> int:
    """Runs one command of the launcher and returns its exit status."""
    own, command = _split(arguments)
    options = _parser().parse_args(own)
    try:
        return run_with_services(folder=options.dir, command=command, fast=options.fast)
    except (CannotStart, FolderTaken, NoFreePort) as error:
        print(f"error: {error}", file=sys.stderr)
    except PermissionError as error:
        print(
            f"error: {error.filename}: {error.strerror}. It may have been made by another user: "
            "run as that user, or remove it",
            file=sys.stderr,
        )
    return 1


def _split(arguments: Sequence[str]) -> tuple[list[str], list[str]]:
    """Parts our own arguments from the command after the first `--`."""
    if "--" not in arguments:
        return list(arguments), []
    at = list(arguments).index("--")
    return list(arguments[:at]), list(arguments[at + 1 :])


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m config.local", description=__doc__)
    commands = parser.add_subparsers(dest="what", required=True)
    services = commands.add_parser(
        "services",
        usage="%(prog)s [--dir DIR] [--fast] [-- COMMAND …]",
        help="PostgreSQL and Valkey for a command, or until a signal comes",
        description="Starts PostgreSQL and Valkey in DIR, runs COMMAND with DATABASE_URL and "
        "REDIS_URL set, stops both, and exits as COMMAND did. Without COMMAND it prints the "
        "environment (also to be sourced from DIR/env) and waits. What the environment names "
        "already is used and not started.",
    )
    services.add_argument(
        "--dir", type=Path, default=_PROJECT / "var" / "services", help="default: %(default)s"
    )
    services.add_argument(
        "--fast", action="store_true", help="no durability, for tests; keeps its own cluster"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
