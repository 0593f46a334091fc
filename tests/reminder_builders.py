"""Builders of policies, templates, reminders and messages, in the manner of `tests.builders`."""

from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any

from accounts.models import Customer, Instalment
from reminders.core.links import hash_of
from reminders.models import (
    Attempt,
    BorrowerLink,
    BorrowerReply,
    Campaign,
    Message,
    MessageTemplate,
    Policy,
    PolicyStep,
    PolicyVersion,
    Reminder,
    SenderIdentity,
    StepVersion,
    TemplateText,
    TemplateVersion,
)
from reminders.pipeline.links import new_token
from tests.builders import (
    NOW,
    TODAY,
    a_consent_event,
    a_customer,
    a_loan,
    a_member_of_staff,
    an_instalment,
)

BODY = "{name}，{amount}于{due_date}到期。{how_to_pay}，电话{hotline}。"
BODY_AFTER = "{name}，{amount}已于{due_date}到期，已逾期{days}天。电话{hotline}。"
LANGUAGES = ("zh-hans", "en")
TONES = ("friendly", "neutral", "firm")


def a_sender(*, language: str = "zh-hans", **fields: Any) -> SenderIdentity:
    """How the lender presents itself; one per language."""
    defaults = {"signature": "【安心】", "how_to_pay": "请在App还款", "hotline": "400-000"}
    return SenderIdentity.objects.get_or_create(language=language, defaults=defaults | fields)[0]


def a_template(
    *, key: str = "before", stage: str = "before", body: str = "", now: datetime = NOW
) -> MessageTemplate:
    """A template whose only version is published, with every language and tone."""
    purpose = "collection" if stage == "after" else "service"
    template = MessageTemplate.objects.create(
        key=key, title=key, stage=stage, purpose=purpose, created_at=now
    )
    version = TemplateVersion.objects.create(template=template, number=1, created_at=now)
    TemplateText.objects.bulk_create(
        TemplateText(
            version=version,
            language=language,
            tone=tone,
            body=body or (BODY_AFTER if stage == "after" else BODY),
        )
        for language in LANGUAGES
        for tone in TONES
    )
    version.state, version.published_at = "published", now
    version.save()
    return template


def a_policy(
    *offsets: int, key: str = "standard", holdout_percent: int = 0, now: datetime = NOW
) -> Policy:
    """A policy whose published version has a step at 10:00 on each of these days.

    Every step is for all tiers and is true on its own day and, after the due date, the next.
    """
    for language in LANGUAGES:
        a_sender(language=language)
    policy = Policy.objects.create(key=key, title=key, created_at=now)
    publish_steps(policy, *(a_step(offset) for offset in offsets), holdout_percent=holdout_percent)
    return policy


def a_step(offset: int, **fields: Any) -> StepVersion:
    """A step of no version yet."""
    stage = "before" if offset < 0 else "after" if offset else "on"
    template = MessageTemplate.objects.filter(key=stage).first() or a_template(
        key=stage, stage=stage
    )
    defaults: dict[str, Any] = {
        "key": f"day{offset:+}".replace("+", "-plus-") if offset > 0 else f"day{offset}",
        "offset_days": offset,
        "local_time": time(10),
        "valid_until_offset_days": offset + 1 if offset > 0 else offset,
        "template": template,
    }
    return StepVersion(**defaults | fields)


def publish_steps(
    policy: Policy, *steps: StepVersion, holdout_percent: int = 0, now: datetime = NOW
) -> PolicyVersion:
    """A new published version of `policy` with these steps; the old one is retired."""
    last = policy.versions.first()
    policy.versions.filter(state="published").update(state="retired")
    version = PolicyVersion.objects.create(
        policy=policy,
        number=last.number + 1 if last else 1,
        holdout_percent=holdout_percent,
        created_at=now,
    )
    for step in steps:
        step.pk, step.version = None, version
        step.save()
        PolicyStep.objects.get_or_create(policy=policy, key=step.key)
    version.state, version.published_at = "published", now
    version.save()
    return version


def a_reminder(
    *, instalment: Instalment | None = None, policy: Policy | None = None, **fields: Any
) -> Reminder:
    """A planned reminder, due now, of the first step of `policy`."""
    instalment = instalment or an_instalment()
    policy = policy or Policy.objects.filter(key="standard").first() or a_policy(-3)
    version = StepVersion.objects.filter(version__policy=policy, version__state="published").first()
    assert version is not None
    defaults: dict[str, Any] = {
        "customer": instalment.loan.customer,
        "instalment": instalment,
        "step": PolicyStep.objects.get(policy=policy, key=version.key),
        "step_version": version,
        "due_date": instalment.due_date,
        "send_at": NOW,
        "expires_at": NOW + timedelta(hours=38),
        "next_attempt_at": NOW,
        "planned_at": NOW,
    }
    return Reminder.objects.create(**defaults | fields)


def an_education_template(
    *, key: str = "lesson", languages: tuple[str, ...] = LANGUAGES
) -> MessageTemplate:
    """A published template about no instalment, friendly, in both languages."""
    template = MessageTemplate.objects.create(
        key=key, title=key, stage="apart", purpose="education", created_at=NOW
    )
    version = TemplateVersion.objects.create(template=template, number=1, created_at=NOW)
    for language in languages:
        a_sender(language=language)
        refusal = "拒收请回复R" if language.startswith("zh") else "Reply R to refuse"
        TemplateText.objects.create(
            version=version,
            language=language,
            tone="friendly",
            body=f"{{name}}，还款有困难可拨{{hotline}}。{refusal}",
        )
    version.state, version.published_at = "published", NOW
    version.save()
    return template


def a_campaign(*, state: str = "published", **fields: Any) -> Campaign:
    """A campaign of today and the next two days at 10:00, for everybody."""
    defaults: dict[str, Any] = {
        "key": "lesson",
        "title": "Lesson",
        "first_day": NOW.date(),
        "last_day": NOW.date() + timedelta(days=2),
        "local_time": time(10),
        "state": state,
        "created_at": NOW,
        "published_at": None if state == "draft" else NOW,
        "stopped_at": NOW if state == "stopped" else None,
    }
    if "template" not in fields:
        template = MessageTemplate.objects.filter(key="lesson").first()
        fields["template"] = template or an_education_template()
    return Campaign.objects.create(**defaults | fields)


def a_lesson_for(customer: Customer, *, campaign: Campaign, **fields: Any) -> Reminder:
    """The reminder of a campaign for one borrower, planned for now unless told otherwise."""
    defaults: dict[str, Any] = {
        "due_date": NOW.date(),
        "send_at": NOW,
        "next_attempt_at": NOW,
        "expires_at": NOW + timedelta(days=1),
        "planned_at": NOW,
    }
    return Reminder.objects.create(customer=customer, campaign=campaign, **defaults | fields)


def a_pupil(**fields: Any) -> Customer:
    """A borrower with an active loan who agreed to education, and whose next instalment is due in
    twenty days; `due_in_days` and `agreed` tell otherwise."""
    days, agreed = fields.pop("due_in_days", 20), fields.pop("agreed", True)
    customer = a_customer(**fields)
    an_instalment(loan=a_loan(customer=customer), due_date=TODAY + timedelta(days=days))
    if agreed:
        a_consent_event(customer=customer, granted=True, purpose="education", source="import")
    return customer


def a_message(*, reminder: Reminder | None = None, **fields: Any) -> Message:
    """A message that the gateway accepted, with its one attempt; its reminder is `messaged`."""
    reminder = reminder or a_reminder()
    contact_point = reminder.customer.contact_points.first()
    template = TemplateVersion.objects.filter(state="published").first()
    state = fields.get("state", "accepted")
    ended = state in {"delivered", "undelivered", "rejected", "cancelled"}
    defaults: dict[str, Any] = {
        "customer": reminder.customer,
        "contact_point": contact_point,
        "channel": "sms",
        "gateway": "simulator",
        "stage": "before",
        "purpose": "service",
        "template_version": template,
        "language": "zh-hans",
        "tone": "neutral",
        "body": "【安心】王**，1,000.00元于11月26日到期。",
        "parts": 1,
        "price": Decimal("0.045"),
        "price_currency": "CNY",
        "amount": Decimal("1000.00"),
        "currency": "CNY",
        "state": "accepted",
        "reason": "why" if state in {"rejected", "cancelled"} else "",
        "opened_at": NOW,
        "lease_until": NOW + timedelta(minutes=3) if state == "sending" else None,
        "accepted_at": NOW if state in {"accepted", "delivered", "undelivered"} else None,
        "ended_at": NOW if ended else None,
    }
    message = Message.objects.create(**defaults | fields)
    reminder.state, reminder.message, reminder.decided_at = "messaged", message, NOW
    reminder.save()
    an_attempt(message=message)
    return message


def an_attempt(*, message: Message, **fields: Any) -> Attempt:
    """A call that went as the message's state says."""
    outcome = {"sending": "open", "waiting": "busy", "unknown": "unclear", "rejected": "rejected"}
    defaults: dict[str, Any] = {
        "message": message,
        "number": message.attempts.count() + 1,
        "gateway": message.gateway,
        "opened_at": NOW,
        "closed_at": None if message.state == "sending" else NOW,
        "outcome": outcome.get(message.state, "accepted"),
    }
    return Attempt.objects.create(**defaults | fields)


def a_link(*, customer: Customer, **fields: Any) -> str:
    """The token of a link, good for 30 days, as if it had come in a text to the borrower's number;
    `contact_point=None` for one that staff handed over."""
    token = new_token()
    point = fields.pop("contact_point", customer.contact_points.first())
    defaults: dict[str, Any] = {
        "customer": customer,
        "contact_point": point,
        "made_by": a_member_of_staff(),
        "token_hash": hash_of(token),
        "language": customer.language,
        "created_at": NOW,
        "expires_at": NOW + timedelta(days=30),
    }
    BorrowerLink.objects.create(**defaults | fields)
    return token


def a_reply(*, customer: Customer, **fields: Any) -> BorrowerReply:
    """A borrower says that they have paid, over a link of their own."""
    link = BorrowerLink.objects.filter(token_hash=hash_of(a_link(customer=customer))).get()
    defaults: dict[str, Any] = {"kind": "paid", "said_at": NOW, "wants_reader": True}
    return BorrowerReply.objects.create(customer=customer, link=link, **defaults | fields)
