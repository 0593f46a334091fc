"""`python -m config.local`: servers for one machine, or all of Duecourse."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from config.local import secrets
from config.local.errors import CannotGoOn
from config.local.run import Installation, run, say
from config.local.services import run_with_services
from config.local.setup import Runner, translations

PROJECT = Path(__file__).resolve().parent.parent.parent


def main(
    arguments: Sequence[str],
    *,
    project: Path = PROJECT,
    installation: type[Installation] = Installation,
) -> int:
    """Runs one command of the launcher and returns its exit status."""
    own, command = _split(arguments)
    options = _parser(project).parse_args(own)
    try:
        if options.what == "run":
            return run(
                installation.from_environment(project=project, folder=options.dir.absolute())
            )
        return _dispatch(options, command=command)
    except CannotGoOn as error:
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


def _dispatch(options: argparse.Namespace, *, command: Sequence[str]) -> int:
    folder = options.dir.absolute()
    if options.what == "messages":
        (folder / "log").mkdir(parents=True, exist_ok=True)
        log = folder / "log" / "messages.log"
        Runner(project=PROJECT, env=os.environ, log=log, say=say).run(translations(PROJECT))
        return 0
    defaults = secrets.make() if options.throwaway_secrets else {}
    return run_with_services(folder=folder, command=command, fast=options.fast, defaults=defaults)


def _parser(project: Path) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m config.local", description=__doc__)
    commands = parser.add_subparsers(dest="what", required=True)
    everything = commands.add_parser("run", help="all of Duecourse, until Ctrl-C: `make run`")
    messages = commands.add_parser("messages", help="compile the translations that have changed")
    services = commands.add_parser(
        "services",
        usage="%(prog)s [--dir DIR] [--fast] [--throwaway-secrets] [-- COMMAND …]",
        help="PostgreSQL and Valkey for a command, or until a signal comes",
        description="Starts PostgreSQL and Valkey in DIR, runs COMMAND with DATABASE_URL and "
        "REDIS_URL set, stops both, and exits as COMMAND did. Without COMMAND it prints the "
        "environment (also to be sourced from DIR/env) and waits. What the environment names "
        "already is used and not started.",
    )
    services.add_argument(
        "--fast", action="store_true", help="no durability, for tests; keeps its own cluster"
    )
    services.add_argument(
        "--throwaway-secrets",
        action="store_true",
        help="also sets the keys and tokens that the settings require, made up each time",
    )
    for parser_of, default in ((everything, "var"), (messages, "var"), (services, "var/services")):
        parser_of.add_argument(
            "--dir", type=Path, default=project / default, help="default: %(default)s"
        )
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
