"""The SMS gateway simulator as a gateway: our JSON format, with all its promises kept."""

from reminders.gateways.base import Gateway
from reminders.gateways.json_http import JsonHttpGateway, JsonHttpOptions

NAME = "simulator"


TEXTS_PER_REQUEST_MAX = 500


def simulator(
    *,
    url: str,
    token: str,
    secret: str,
    callback_url: str,
    texts_per_request: int = 0,
    connections: int = 1,
) -> Gateway:
    """The simulator that listens at `url`."""
    return JsonHttpGateway(
        JsonHttpOptions(
            name=NAME,
            url=f"{url}/v1",
            token=token,
            secret=secret,
            callback_url=callback_url,
            texts_per_request=min(
                texts_per_request or TEXTS_PER_REQUEST_MAX, TEXTS_PER_REQUEST_MAX
            ),
            references_per_query=500,
            connections=connections,
            honours_references=True,
            takes_demonstrations=True,
        )
    )
