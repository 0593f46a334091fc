"""`python -m reminders.simulator`: arguments, environment, run until told to stop."""

import argparse
import asyncio
import logging
import os
import signal
import sys
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from aiohttp import web

from reminders.simulator.app import make_app
from reminders.simulator.clock import shifted
from reminders.simulator.context import Options
from reminders.simulator.store import Store, StoreUnavailable

SHUTDOWN_SECONDS = 2
ZONE_DEFAULT = "Asia/Shanghai"


def main() -> int:
    """Start; returns 0 after an ordered stop, 2 when something is missing or taken."""
    arguments = _arguments()
    try:
        _set_up_logging()
        if arguments.fast:
            return _serve_fast(arguments)
        return asyncio.run(_serve(arguments))
    except (StoreUnavailable, BadSetting) as error:
        print(f"simulator: {error}", file=sys.stderr)
    except OSError as error:
        print(
            f"simulator: cannot listen on {arguments.host}:{arguments.port}: {error.strerror}",
            file=sys.stderr,
        )
    return 2


class BadSetting(Exception):
    """An environment variable is missing or unusable."""


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m reminders.simulator",
        description="The SMS gateway simulator: takes texts over HTTP and shows them on phones.",
        epilog="SMS_GATEWAY_TOKEN and SMS_GATEWAY_SECRET must be set in the environment; "
        "CLOCK_SHIFT_SECONDS and TIME_ZONE are obeyed.",
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    parser.add_argument(
        "--port",
        type=_port,
        default=8010,
        help="port to listen on (%(default)s); 0 takes a free one",
    )
    parser.add_argument(
        "--store", type=Path, default=Path("var/simulator"), help="folder to keep (%(default)s)"
    )
    parser.add_argument(
        "--fast",
        action="store_true",
        help="in memory, without phones and faults: for measuring (needs requirements-dev.txt)",
    )
    return parser.parse_args()


def _port(text: str) -> int:
    port = int(text)
    if not 0 <= port <= 65_535:
        raise argparse.ArgumentTypeError("a port lies between 0 and 65535")
    return port


def _environment(name: str) -> str:
    value = os.environ.get(name, "")
    if not value:
        raise BadSetting(f"{name} is not set; `make run` makes one by itself")
    return value


def _set_up_logging() -> None:
    level = (os.environ.get("LOG_LEVEL") or "INFO").upper()
    if level not in logging.getLevelNamesMapping():
        raise BadSetting(f"LOG_LEVEL must be a level such as INFO, not {level!r}")
    logging.basicConfig(level=level, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    # A client's broken HTTP is answered with 400; its traceback is no error of ours. What we
    # do get wrong is logged by app.answer_failures.
    logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)


def _shift_seconds() -> float:
    value = os.environ.get("CLOCK_SHIFT_SECONDS") or "0"
    try:
        return float(value)
    except ValueError as error:
        raise BadSetting(f"CLOCK_SHIFT_SECONDS must be a number, not {value!r}") from error


def _zone() -> ZoneInfo:
    name = os.environ.get("TIME_ZONE") or ZONE_DEFAULT
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise BadSetting(f"TIME_ZONE must be a time zone, not {name!r}") from error


async def _serve(arguments: argparse.Namespace) -> int:
    secret = _environment("SMS_GATEWAY_SECRET")
    options = Options(token=_environment("SMS_GATEWAY_TOKEN"), zone=_zone())
    clock = shifted(_shift_seconds())
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    store = Store(arguments.store)
    await store.open()
    app = make_app(store, clock=clock, secret=secret, options=options)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=SHUTDOWN_SECONDS)
    try:
        await runner.setup()
        site = web.TCPSite(runner, arguments.host, arguments.port)
        await site.start()
        host, port = runner.addresses[0][:2]
        print(f"simulator: listening on http://{host}:{port}", flush=True)
        await stop.wait()
    finally:
        await runner.cleanup()
        await store.close()
    return 0


def _serve_fast(arguments: argparse.Namespace) -> int:
    token, secret = _environment("SMS_GATEWAY_TOKEN"), _environment("SMS_GATEWAY_SECRET")
    try:
        from reminders.simulator.fast.serving import serve
    except ImportError as error:
        raise BadSetting(f"--fast needs requirements-dev.txt: {error}") from error
    return serve(
        host=arguments.host,
        port=arguments.port,
        token=token,
        secret=secret,
        clock=shifted(_shift_seconds()),
    )


if __name__ == "__main__":
    sys.exit(main())
