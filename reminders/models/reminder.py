"""One step for one instalment, or one campaign for one borrower: the rows that are the queue.

Note [Reminders are held from the other side]
A million reminders are written in one morning. Seven foreign keys cost two thirds of that: each
row asks for every row it names, and locks and rewrites it. So none is checked by PostgreSQL when a
reminder is written (`db_constraint=False`): the statements that write one read what they name in
the same breath. What a reminder names cannot be deleted all the same: Django refuses, and so does a
trigger in the database (migration 0021). A step version needs none, for it is frozen once it is
published.
"""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Customer, Instalment, Staff
from reminders.models.campaign import Campaign
from reminders.models.choices import Lane, ReminderState
from reminders.models.message import Message
from reminders.models.policy import PolicyStep, StepVersion
from reminders.models.template import MessageTemplate


class Reminder(models.Model):
    """Planned, then decided once; every end has a reason.

    Either it comes from a policy (`step`, `step_version`), or a person asked for it by hand
    (`requested_by`, `template`), or it belongs to a campaign and is about no instalment; then
    `due_date` is the day for which it was planned. `send_at` is when the policy wants it;
    `next_attempt_at` when it is next looked at, later than `send_at` after a deferral or a busy
    gateway.

    Every decision writes the row anew into each index. So a key of another table has none of its
    own where an index begins with it, or where nothing it names is ever deleted (`step`).
    """

    customer = models.ForeignKey(
        Customer,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="reminders",
        verbose_name=_("customer"),
    )
    instalment = models.ForeignKey(
        Instalment,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="reminders",
        null=True,
        blank=True,
        verbose_name=_("instalment"),
    )
    campaign = models.ForeignKey(
        Campaign,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="reminders",
        null=True,
        blank=True,
        verbose_name=_("campaign"),
    )
    step = models.ForeignKey(
        PolicyStep,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="reminders",
        null=True,
        verbose_name=_("step"),
    )
    step_version = models.ForeignKey(
        StepVersion,
        on_delete=models.DO_NOTHING,  # frozen: see Note [Published versions are frozen]
        db_constraint=False,
        db_index=False,
        related_name="+",
        null=True,
        verbose_name=_("step as planned"),
    )
    requested_by = models.ForeignKey(
        Staff,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="+",
        null=True,
        verbose_name=_("requested by"),
    )
    template = models.ForeignKey(
        MessageTemplate,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="+",
        null=True,
        verbose_name=_("template, by hand"),
    )
    due_date = models.DateField(_("due date it was planned for"))
    send_at = models.DateTimeField(_("planned for"))
    expires_at = models.DateTimeField(_("true until"))
    next_attempt_at = models.DateTimeField(_("next looked at"))
    lane = models.SmallIntegerField(
        _("lane"),
        choices=Lane.choices,
        default=Lane.OTHERS,
        db_default=Lane.OTHERS,
        help_text=_("Who is looked at first when many wait."),
    )
    state = models.CharField(
        _("state"), max_length=10, choices=ReminderState.choices, default=ReminderState.PLANNED
    )
    reason = models.CharField(_("reason"), max_length=40, blank=True)
    detail = models.JSONField(_("figures behind the reason"), null=True, blank=True)
    trace = models.JSONField(
        _("rules that were asked"),
        null=True,
        blank=True,
        help_text=_("Of the last decision, in order: rule, whether it passed, its figures."),
    )
    planned_at = models.DateTimeField(_("planned at"))
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    message = models.ForeignKey(
        Message,
        on_delete=models.PROTECT,
        db_constraint=False,
        db_index=False,
        related_name="reminders",
        null=True,
        blank=True,
        verbose_name=_("message"),
    )

    class Meta:
        verbose_name = _("reminder")
        verbose_name_plural = _("reminders")
        constraints = [
            models.UniqueConstraint(
                fields=["instalment", "step"], name="reminder_once_per_instalment_and_step"
            ),
            models.CheckConstraint(
                condition=models.Q(
                    instalment__isnull=False,
                    campaign__isnull=True,
                    step__isnull=False,
                    step_version__isnull=False,
                    requested_by__isnull=True,
                )
                | models.Q(
                    instalment__isnull=False,
                    campaign__isnull=True,
                    step__isnull=True,
                    template__isnull=False,
                    requested_by__isnull=False,
                )
                | models.Q(
                    instalment__isnull=True,
                    campaign__isnull=False,
                    step__isnull=True,
                    step_version__isnull=True,
                    template__isnull=True,
                    requested_by__isnull=True,
                ),
                name="reminder_comes_from_policy_person_or_campaign",
            ),
            models.UniqueConstraint(
                fields=["campaign", "customer"],
                condition=models.Q(campaign__isnull=False),
                name="reminder_once_per_campaign_and_borrower",
            ),
            models.CheckConstraint(
                condition=~models.Q(
                    state__in=[
                        ReminderState.SKIPPED,
                        ReminderState.EXPIRED,
                        ReminderState.CANCELLED,
                    ]
                )
                | ~models.Q(reason=""),
                name="reminder_not_sent_has_reason",
            ),
            models.CheckConstraint(
                condition=~models.Q(state=ReminderState.MESSAGED) | models.Q(message__isnull=False),
                name="reminder_messaged_has_message",
            ),
            models.CheckConstraint(
                condition=models.Q(expires_at__gt=models.F("send_at")),
                name="reminder_expires_after_it_is_wanted",
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_attempt_at", "id"],
                condition=models.Q(state=ReminderState.PLANNED),
                name="reminder_due_in_order",
            ),
            models.Index(
                fields=["lane", "next_attempt_at"],
                condition=models.Q(state=ReminderState.PLANNED, lane__lt=Lane.OTHERS),
                name="reminder_due_first",
            ),
            models.Index(
                fields=["expires_at"],
                condition=models.Q(
                    state=ReminderState.PLANNED, next_attempt_at__gte=models.F("expires_at")
                ),
                name="reminder_beyond_its_end",
            ),
            models.Index(fields=["customer", "-send_at"], name="reminder_by_customer"),
            # Most reminders have no message yet, and hardly any was asked for by hand.
            models.Index(
                fields=["message"],
                condition=models.Q(message__isnull=False),
                name="reminder_by_message",
            ),
            models.Index(
                fields=["decided_at", "state", "reason"],
                condition=models.Q(decided_at__isnull=False),
                name="reminder_by_day",
            ),
            models.Index(
                fields=["message"],
                condition=models.Q(state=ReminderState.PLANNED, message__isnull=False),
                name="reminder_planned_again",
            ),
            models.Index(
                fields=["requested_by"],
                condition=models.Q(requested_by__isnull=False),
                name="reminder_by_hand_of",
            ),
            models.Index(
                fields=["template"],
                condition=models.Q(template__isnull=False),
                name="reminder_by_hand_with",
            ),
            # Reminders of instalments have no place in it.
            models.Index(
                fields=["campaign", "state", "reason", "id"],
                condition=models.Q(campaign__isnull=False),
                name="reminder_of_campaign",
            ),
            models.Index(
                fields=["next_attempt_at"],
                condition=models.Q(state=ReminderState.PLANNED, reason="on_hold"),
                name="reminder_on_hold",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.instalment_id}/{self.step_id or self.campaign_id}"
