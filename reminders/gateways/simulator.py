"""The SMS gateway simulator as a gateway: our JSON format, with all its promises kept."""

from reminders.gateways.base import Gateway
from reminders.gateways.json_http import JsonHttpGateway, JsonHttpOptions

NAME = "simulator"


def simulator(*, url: str, token: str, secret: str, callback_url: str) -> Gateway:
    """The simulator that listens at `url`."""
    return JsonHttpGateway(
        JsonHttpOptions(
            name=NAME,
            url=f"{url}/v1",
            token=token,
            secret=secret,
            callback_url=callback_url,
            max_batch=500,
            honours_references=True,
            takes_demonstrations=True,
        )
    )
