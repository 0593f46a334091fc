"""Links to borrowers' own pages, and what borrowers say there."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import ContactPoint, Customer, Hold, Staff
from reminders.models.choices import ReplyKind
from reminders.models.message import Message


class BorrowerLink(models.Model):
    """One link to a borrower's page. The token itself is in the text and nowhere here.

    From a text it knows the text and the number it went to; made by staff, who made it.
    """

    customer = models.ForeignKey(
        Customer, on_delete=models.PROTECT, related_name="links", verbose_name=_("customer")
    )
    message = models.ForeignKey(
        Message,
        on_delete=models.PROTECT,
        db_index=False,
        related_name="links",
        null=True,
        verbose_name=_("message"),
    )
    contact_point = models.ForeignKey(
        ContactPoint,
        on_delete=models.PROTECT,
        db_index=False,
        related_name="+",
        null=True,
        verbose_name=_("contact point"),
    )
    made_by = models.ForeignKey(
        Staff,
        on_delete=models.PROTECT,
        db_index=False,
        related_name="+",
        null=True,
        verbose_name=_("made by"),
    )
    token_hash = models.BinaryField(_("token, hashed"), max_length=32)
    language = models.CharField(_("language"), max_length=10)
    created_at = models.DateTimeField(_("created at"))
    expires_at = models.DateTimeField(_("expires at"))
    wrong_answers = models.PositiveSmallIntegerField(_("wrong answers"), db_default=0, default=0)
    last_wrong_at = models.DateTimeField(_("last wrong answer at"), null=True)
    revoked_at = models.DateTimeField(_("revoked at"), null=True)
    revoked_by = models.ForeignKey(
        Staff,
        on_delete=models.PROTECT,
        db_index=False,
        related_name="+",
        null=True,
        verbose_name=_("revoked by"),
    )

    class Meta:
        verbose_name = _("link to a borrower's page")
        verbose_name_plural = _("links to borrowers' pages")
        constraints = [
            models.UniqueConstraint(fields=["token_hash"], name="borrower_link_token_is_unique"),
            models.CheckConstraint(
                condition=models.Q(message__isnull=False) | models.Q(made_by__isnull=False),
                name="borrower_link_is_in_a_text_or_made_by_staff",
            ),
            models.CheckConstraint(
                condition=models.Q(expires_at__gt=models.F("created_at")),
                name="borrower_link_ends_after_it_begins",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.customer_id}: {self.pk}"


class BorrowerReply(models.Model):
    """One thing that a borrower said on their page; kept as it was said.

    `detail` holds the terms of a plan with their loan and currency, or the language chosen.
    `wants_reader`: staff are to read it; who did, and when, is kept.
    """

    customer = models.ForeignKey(
        Customer,
        on_delete=models.PROTECT,
        db_index=False,
        related_name="replies",
        verbose_name=_("customer"),
    )
    link = models.ForeignKey(
        BorrowerLink, on_delete=models.PROTECT, related_name="replies", verbose_name=_("link")
    )
    kind = models.CharField(_("kind"), max_length=16, choices=ReplyKind.choices)
    comment = models.TextField(_("comment"), blank=True)
    rating = models.PositiveSmallIntegerField(_("rating"), null=True)
    detail = models.JSONField(_("detail"), default=dict)
    hold = models.OneToOneField(
        Hold,
        on_delete=models.PROTECT,
        related_name="reply",
        null=True,
        verbose_name=_("hold"),
    )
    said_at = models.DateTimeField(_("said at"))
    wants_reader = models.BooleanField(_("to be read"))
    read_at = models.DateTimeField(_("read at"), null=True)
    read_by = models.ForeignKey(
        Staff,
        on_delete=models.PROTECT,
        db_index=False,
        related_name="+",
        null=True,
        verbose_name=_("read by"),
    )

    class Meta:
        verbose_name = _("borrower's reply")
        verbose_name_plural = _("borrowers' replies")
        constraints = [
            models.UniqueConstraint(
                fields=["link"],
                condition=models.Q(kind=ReplyKind.RATED),
                name="borrower_reply_one_rating_per_link",
            ),
            models.CheckConstraint(
                condition=models.Q(kind=ReplyKind.RATED, rating__gte=1, rating__lte=5)
                | (~models.Q(kind=ReplyKind.RATED) & models.Q(rating__isnull=True)),
                name="borrower_reply_rating_is_from_one_to_five",
            ),
            models.CheckConstraint(
                condition=models.Q(read_at__isnull=True, read_by__isnull=True)
                | models.Q(read_at__isnull=False, read_by__isnull=False),
                name="borrower_reply_read_by_somebody_at_some_time",
            ),
        ]
        indexes = [
            models.Index(fields=["customer", "-said_at"], name="borrower_reply_by_customer"),
            models.Index(
                fields=["id"],
                condition=models.Q(wants_reader=True, read_at__isnull=True),
                name="borrower_reply_to_read",
            ),
            models.Index(
                fields=["-said_at", "-id"],
                condition=models.Q(kind=ReplyKind.RATED),
                name="borrower_reply_rated",
            ),
            models.Index(
                fields=["-read_at", "-id"],
                condition=models.Q(read_at__isnull=False),
                name="borrower_reply_read",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.customer_id}: {self.kind}"
