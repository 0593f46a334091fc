"""Running the fast mode until told to stop."""

import asyncio
import signal

import uvloop

from reminders.simulator.clock import Clock
from reminders.simulator.fast.callbacks import Caller
from reminders.simulator.fast.memory import Memory
from reminders.simulator.fast.server import Connection


def serve(*, host: str, port: int, token: str, secret: str, clock: Clock) -> int:
    """Listen at this address; returns 0 after an ordered stop. Raises OSError."""
    return uvloop.run(_serve(host=host, port=port, token=token, secret=secret, clock=clock))


async def _serve(*, host: str, port: int, token: str, secret: str, clock: Clock) -> int:
    memory = Memory(clock=clock)
    slow = {b"/v1/fast/receipts": Caller(clock=clock, secret=secret).post}
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    server = await loop.create_server(
        lambda: Connection(memory, token=token, slow=slow), host, port, backlog=1_024
    )
    found = server.sockets[0].getsockname()[1]
    print(f"simulator: listening on http://{host}:{found}", flush=True)
    await stop.wait()
    server.close()
    return 0
