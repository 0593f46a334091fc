"""Borrowers, what they owe, and what was sent."""

from django.db import models


class Borrower(models.Model):
    name = models.CharField(max_length=100)
    phone = models.CharField(max_length=20)
    wants_messages = models.BooleanField(default=True)

    class Meta:
        app_label = "textbook"

    def __str__(self) -> str:
        return self.name


class Instalment(models.Model):
    borrower = models.ForeignKey(Borrower, on_delete=models.CASCADE)
    due_date = models.DateField(db_index=True)
    amount = models.DecimalField(max_digits=12, decimal_places=2)
    paid = models.BooleanField(default=False)

    class Meta:
        app_label = "textbook"

    def __str__(self) -> str:
        return f"{self.borrower_id} {self.due_date}"


class Reminder(models.Model):
    instalment = models.ForeignKey(Instalment, on_delete=models.CASCADE)
    kind = models.CharField(max_length=20)
    status = models.CharField(max_length=20, default="pending", db_index=True)
    text = models.TextField(blank=True)
    provider_id = models.CharField(max_length=100, blank=True, db_index=True)
    created_at = models.DateTimeField(auto_now_add=True)
    sent_at = models.DateTimeField(null=True)
    delivered_at = models.DateTimeField(null=True)

    class Meta:
        app_label = "textbook"
        constraints = [
            models.UniqueConstraint(fields=["instalment", "kind"], name="one_per_instalment")
        ]

    def __str__(self) -> str:
        return f"{self.instalment_id} {self.kind}"
