"""All that the tables hold of one borrower's texts, for whoever looks into a broken promise."""

from collections.abc import Iterator

from reminders.models import Attempt, Message, Receipt, Reminder


def biography(customer_id: int | None) -> Iterator[str]:
    """Reminders, messages, attempts and receipts, oldest first."""
    if customer_id is None:
        return
    yield f"customer {customer_id}:"
    for row in Reminder.objects.filter(customer=customer_id).order_by("send_at", "pk"):
        decided = f"{row.decided_at:%m-%d %H:%M:%S}" if row.decided_at else ""
        yield (
            f"  reminder {row.pk} of instalment {row.instalment_id}, step {row.step_id}, "
            f"campaign {row.campaign_id}: "
            f"wanted {row.send_at:%m-%d %H:%M}, true until {row.expires_at:%m-%d %H:%M}; "
            f"{row.state} {row.reason} {decided} message {row.message_id}"
        )
    for message in Message.objects.filter(customer=customer_id).order_by("opened_at", "pk"):
        yield (
            f"  message {message.pk} {message.reference}: opened {message.opened_at:%m-%d %H:%M:%S}"
            f", {message.state} {message.reason}"
        )
        for attempt in Attempt.objects.filter(message=message).order_by("number"):
            closed = f"{attempt.closed_at:%m-%d %H:%M:%S}" if attempt.closed_at else "never"
            yield (
                f"    attempt {attempt.number}: {attempt.opened_at:%m-%d %H:%M:%S} to {closed}, "
                f"{attempt.outcome} {attempt.code}"
            )
        for receipt in Receipt.objects.filter(message=message).order_by("pk"):
            yield (
                f"    receipt {receipt.happened_at:%m-%d %H:%M:%S}: {receipt.status} "
                f"{receipt.code}, {receipt.effect}"
            )
