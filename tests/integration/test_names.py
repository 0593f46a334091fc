"""Names as people have them: long, with emoji, or with signs that turn the rest of a line."""

import html
import re

import pytest
from django.test import override_settings

from accounts.models import Customer
from tests.builders import a_contact_point, a_customer, a_loan, an_instalment
from tests.integration.desk import Desk
from tests.integration.desk import desk as desk
from tests.reminder_builders import a_message, a_reply

pytestmark = pytest.mark.django_db

NAME = "🙂\u202e<b>伟" + "x" * 494
assert len(NAME) == 500


@pytest.fixture
def wei(db: None) -> Customer:
    """Has that name, said something, and a text of unknown outcome."""
    wei = a_customer(customer_no="C-77", name=NAME)
    an_instalment(loan=a_loan(customer=wei))
    a_message(customer=wei, state="unknown", reason="unresolved")
    a_reply(customer=wei)
    return wei


@pytest.mark.parametrize(
    ("page", "query"),
    [
        *((page, {}) for page in ("hold", "number", "by_hand", "evidence", "links")),
        *((page, {}) for page in ("unknown", "replies")),
        ("home", {"q": "C-77"}),
    ],
)
def test_a_name_turns_nothing_around_it(
    desk: Desk, wei: Customer, page: str, query: dict[str, str]
) -> None:
    of_all = page in {"unknown", "replies", "home"}

    text = desk.read(page, *(() if of_all else (wei.customer_no,)), **query)

    body = re.sub(r"<title>.*?</title>", "", text, flags=re.DOTALL)
    name = html.escape(NAME)
    assert body.count(name) >= 1
    assert body.count(name) == body.count(f"<bdi>{name}</bdi>")


@override_settings(LANGUAGE_CODE="zh-hans")
def test_evidence_in_chinese_has_chinese_punctuation(desk: Desk, wei: Customer) -> None:
    text = desk.read("evidence", wei.customer_no)

    words = re.sub(r"<[^>]*>", "", text[text.index("<h1>") :])
    assert re.findall(r"[\u4e00-\u9fff] ?[:,;?!()]|[。；：，] ", words) == []


def test_an_email_address_has_an_envelope(desk: Desk, wei: Customer) -> None:
    wei.contact_points.update(is_current=False)
    a_contact_point(customer=wei, channel="email", address="wei@example.com")

    assert "#i-mail" in desk.borrower(wei).partition('class="plain addresses"')[2][:400]


def test_a_bucket_is_told_with_its_days(desk: Desk, wei: Customer) -> None:
    wei.loans.get().instalments.update(due_date="2026-11-20")

    assert "M0: 1 to 30 days" in desk.borrower(wei)
