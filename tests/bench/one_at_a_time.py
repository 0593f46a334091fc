"""The product's Celery application with a gateway that takes one text in a request.

`celery --app tests.bench.one_at_a_time worker` is what an operator has whose provider knows no
batches; nothing else differs.
"""

from config.celery import app as app
from reminders.gateways import registry
from reminders.gateways.base import Gateway
from reminders.gateways.json_http import JsonHttpGateway, JsonHttpOptions


def one_at_a_time(*, url: str, token: str, secret: str, callback_url: str) -> Gateway:
    """The simulator's gateway, but for `max_batch`."""
    return JsonHttpGateway(
        JsonHttpOptions(
            name="simulator",
            url=f"{url}/v1",
            token=token,
            secret=secret,
            callback_url=callback_url,
            max_batch=1,
            honours_references=True,
            takes_demonstrations=True,
        )
    )


registry.BUILDERS = {**registry.BUILDERS, "simulator": one_at_a_time}
