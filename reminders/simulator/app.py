"""The web application: its parts put together, and every failure turned into a plain answer."""

import asyncio
import json
import logging
import math
from collections.abc import AsyncIterator, Awaitable, Callable

from aiohttp import web

from reminders.simulator import api, pages, stream
from reminders.simulator.clock import Clock
from reminders.simulator.context import SIMULATOR, Options, Pulse, Simulator, Trouble
from reminders.simulator.receipts import Reporter
from reminders.simulator.store import Store, StoreUnavailable
from reminders.simulator.wire import Refused

log = logging.getLogger(__name__)

# Five hundred messages of a thousand four-byte characters, with room for their other fields.
REQUEST_BYTES_MAX = 4 * 1024 * 1024

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def make_app(store: Store, *, clock: Clock, secret: str, options: Options) -> web.Application:
    """The application over an open store."""
    app = web.Application(middlewares=[answer_failures], client_max_size=REQUEST_BYTES_MAX)
    app[SIMULATOR] = Simulator(
        store=store,
        clock=clock,
        trouble=Trouble(store),
        reporter=Reporter(store, clock=clock, secret=secret),
        pulse=Pulse(),
        closing=asyncio.Event(),
        options=options,
    )
    app.add_routes([*api.routes(), *stream.routes(), *pages.routes()])
    app.cleanup_ctx.append(_run_parts)
    app.on_shutdown.append(_close_streams)
    return app


async def _run_parts(app: web.Application) -> AsyncIterator[None]:
    simulator = app[SIMULATOR]
    await simulator.trouble.load()
    await simulator.reporter.start()
    yield
    await simulator.reporter.stop()


async def _close_streams(app: web.Application) -> None:
    """Open streams would otherwise hold the process until their readers leave."""
    app[SIMULATOR].closing.set()
    app[SIMULATOR].pulse.beat()


@web.middleware
async def answer_failures(request: web.Request, handler: Handler) -> web.StreamResponse:
    """The token for /v1, and one form for every error."""
    try:
        if request.path.startswith("/v1/"):
            api.check_token(request)
            _check_size(request)
        return await handler(request)
    except Refused as refused:
        return _error(refused)
    except StoreUnavailable as error:
        log.error("Request failed: %s", error)
        return _error(Refused("unavailable", "The store is not available.", status=503))
    except web.HTTPRequestEntityTooLarge:
        return _error(_too_large())
    except web.HTTPException as error:
        if error.status < 400:
            raise
        code = {404: "not_found", 405: "method_not_allowed"}.get(error.status, "refused")
        answer = _error(Refused(code, error.reason, status=error.status))
        if "Allow" in error.headers:
            answer.headers["Allow"] = error.headers["Allow"]
        return answer
    except web.RequestPayloadError as error:
        return _error(Refused("malformed", f"The body cannot be read: {error}"))
    except ConnectionError:
        raise  # the client has left: there is nobody to answer
    except Exception:
        log.exception("A request failed: this is a fault of the simulator, please report it.")
        return _error(Refused("internal_error", "The simulator failed.", status=500))


def _check_size(request: web.Request) -> None:
    """Refuse a large body by its announced length, before any of it is read."""
    if (request.content_length or 0) > REQUEST_BYTES_MAX:
        raise _too_large()


def _too_large() -> Refused:
    return Refused("too_large", f"A request may have {REQUEST_BYTES_MAX} bytes.", status=413)


def _error(refused: Refused) -> web.Response:
    body: dict[str, object] = {"code": refused.code, "message": refused.message}
    headers = {}
    if refused.retry_after is not None:
        headers["Retry-After"] = str(math.ceil(refused.retry_after))
    return web.Response(
        text=json.dumps({"error": body}),
        status=refused.status,
        content_type="application/json",
        headers=headers,
    )
