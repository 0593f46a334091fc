"""Finding a borrower, and the sheet of one."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from pytest_django import DjangoAssertNumQueries

from accounts.operations import correct_address
from accounts.queries import borrower_sheet
from accounts.search import find_customers
from tests.builders import (
    NOW,
    TODAY,
    a_customer,
    a_hold,
    a_loan,
    a_member_of_staff,
    a_payment,
    a_risk_assessment,
    an_instalment,
)

pytestmark = pytest.mark.django_db


def found(text: str) -> list[str]:
    return [row.customer_no for row in find_customers(text)]


class TestFindCustomers:
    def test_finds_by_part_of_the_name(self) -> None:
        a_customer(customer_no="C-wei", name="欧阳建国")
        a_customer(customer_no="C-li", name="李娜")

        assert found("阳建") == ["C-wei"]

    @pytest.mark.parametrize(
        "typed", ["王", "伟", "王小伟", "小 王", "maría", "MARÍA", "wang", "mar wan", "wa", "w mar"]
    )
    def test_finds_by_words_and_their_parts_in_any_order(self, typed: str) -> None:
        a_customer(customer_no="C-both", name="María Wang 王小伟")
        a_customer(customer_no="C-none", name="Ana Li 李娜")

        assert found(typed) == ["C-both"]

    @pytest.mark.parametrize(
        "typed",
        [
            "wangwei",
            "WangWei",
            "wang wei",
            "wei wang",
            "ww",
            "wang w",
            "wangw",
            "wáng wěi",
            "wang-wei",
        ],
    )
    def test_finds_chinese_names_in_pinyin(self, typed: str) -> None:
        a_customer(customer_no="C-wei", name="王伟")
        a_customer(customer_no="C-fang", name="王芳")
        a_customer(customer_no="C-li", name="李伟")

        assert found(typed) == ["C-wei"]

    @pytest.mark.parametrize(
        ("name", "typed"),
        [
            ("王小明", ["wangxiaoming", "wxm", "wangxm", "xiaoming", "wang xiao m", "wx"]),
            ("单雄信", ["shanxiongxin", "shan xx", "sxx", "dan xiongxin"]),
            ("曾国藩", ["zengguofan", "zeng", "zgf"]),
            ("仇英", ["qiuying", "qiu y", "qy"]),
            ("解晓东", ["xie xiaodong", "xxd"]),
            ("尉迟恭", ["yuchi gong", "yuchig", "ycg"]),
            ("吕布", ["lvbu", "lübu", "lubu", "lyu bu", "lb"]),
            ("西安", ["xi'an", "xi’an", "xian"]),
            ("李Mike娜", ["lina", "mike"]),
        ],
    )
    def test_finds_readings_of_names(self, name: str, typed: list[str]) -> None:
        a_customer(customer_no="C-this", name=name)
        a_customer(customer_no="C-none", name="赵敏")

        assert {text: found(text) for text in typed} == {text: ["C-this"] for text in typed}

    def test_a_name_typed_in_full_comes_before_longer_ones(self) -> None:
        a_customer(customer_no="C-long", name="王伟强")
        a_customer(customer_no="C-full", name="王伟")

        assert found("wang wei") == ["C-full", "C-long"]
        assert found("ww") == ["C-full", "C-long"]

    @pytest.mark.parametrize("typed", ["zw", "weiw", "aw", "vw", "w4"])
    def test_finds_nobody_by_what_nobody_is_called(self, typed: str) -> None:
        a_customer(name="王伟")

        assert found(typed) == []

    @pytest.mark.parametrize("typed", ["ang", "an"])
    def test_short_parts_are_looked_for_at_the_beginning_of_words(self, typed: str) -> None:
        a_customer(customer_no="C-wang", name="Wei Wang")

        assert found(typed) == (["C-wang"] if len(typed) > 2 else [])

    @pytest.mark.parametrize("typed", ["0042", "xy-0042", "XY-004", "L9-55", "9-5501"])
    def test_finds_by_a_part_of_a_number(self, typed: str) -> None:
        customer = a_customer(customer_no="XY-0042-Z")
        a_loan(customer=customer, loan_no="L9-5501")
        a_customer(customer_no="XY-0051-Z")

        assert found(typed) == ["XY-0042-Z"]

    def test_the_full_name_comes_before_longer_ones(self) -> None:
        a_customer(customer_no="C-long", name="王伟强")
        a_customer(customer_no="C-full", name="王伟")

        assert found("王伟") == ["C-full", "C-long"]

    def test_finds_by_customer_number_and_by_loan_number(self) -> None:
        customer = a_customer(customer_no="C-77")
        a_loan(customer=customer, loan_no="L-77-A")

        assert found("C-77") == ["C-77"]
        assert found("L-77-A") == ["C-77"]

    @pytest.mark.parametrize(
        "typed", ["+8613812341234", "13812341234", "138 1234 1234", "86-138-1234-1234"]
    )
    def test_finds_by_phone_however_it_is_written(self, typed: str) -> None:
        a_customer(customer_no="C-phone", phone="+8613812341234")

        assert found(typed) == ["C-phone"]

    def test_finds_by_the_last_four_digits(self) -> None:
        a_customer(customer_no="C-one", phone="+8613812349876")
        a_customer(customer_no="C-two", phone="+8613812340000")

        assert found("9876") == ["C-one"]

    def test_finds_by_a_phone_that_was_used_before(self) -> None:
        customer = a_customer(customer_no="C-moved", phone="+8613812341234")
        correct_address(customer_id=customer.pk, address="13900000000", region="CN", now=NOW)

        assert found("13812341234") == ["C-moved"]

    def test_finds_by_e_mail_address(self) -> None:
        a_customer(customer_no="C-mail", email="li.wei@example.cn")

        assert found("Li.Wei@example.cn") == ["C-mail"]

    def test_puts_a_full_number_before_parts_of_names(self) -> None:
        a_customer(customer_no="C-9", name="A-100 Ltd")
        a_customer(customer_no="A-100")

        assert found("A-100") == ["A-100", "C-9"]

    @pytest.mark.parametrize("typed", ["", "   ", "\0", "%", "_", "no such person"])
    def test_finds_nobody_for_what_means_nobody(self, typed: str) -> None:
        a_customer()

        assert found(typed) == []

    def test_asks_the_same_number_of_questions_for_one_or_for_many(
        self, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        for _ in range(5):
            a_loan(customer=a_customer(name="张伟"))
        with django_assert_num_queries(8):  # four of them a transaction and a setting in it
            rows = find_customers("张伟")

        assert len(rows) == 5
        assert all(len(row.loan_nos) == 1 and row.phone_masked for row in rows)

    def test_gives_no_more_than_the_limit(self) -> None:
        for _ in range(3):
            a_customer(name="张伟")

        assert len(find_customers("张伟", limit=2)) == 2


class TestBorrowerSheet:
    def test_is_none_for_nobody(self) -> None:
        assert borrower_sheet(customer_id=1, today=TODAY) is None

    def test_shows_what_is_overdue_and_what_it_has_run_up(self) -> None:
        loan = a_loan(penalty_daily_rate=Decimal("0.0005"))
        an_instalment(loan=loan, seq=1, due_date=TODAY - timedelta(days=40), amount_due="1000.00")
        an_instalment(loan=loan, seq=2, due_date=TODAY - timedelta(days=10), amount_due="1000.00")
        an_instalment(loan=loan, seq=3, due_date=TODAY + timedelta(days=20), amount_due="1000.00")
        a_payment(loan=loan, amount="1200.00", paid_at=datetime(2026, 10, 20, tzinfo=UTC))

        sheet = borrower_sheet(customer_id=loan.customer_id, today=TODAY)

        assert sheet is not None
        (shown,) = sheet.loans
        assert [item.days_past_due for item in shown.instalments] == [0, 10, -20]
        assert [item.bucket for item in shown.instalments] == ["current", "M0", "current"]
        assert [item.penalty for item in shown.instalments] == [
            Decimal("0.00"),
            Decimal("4.00"),
            Decimal("0.00"),
        ]
        assert (shown.outstanding, shown.overdue) == (Decimal("1800.00"), Decimal("800.00"))
        assert shown.payments[0].shares == ((1, Decimal("1000.00")), (2, Decimal("200.00")))

    def test_shows_holds_risk_and_addresses(self) -> None:
        customer = a_customer(phone="+8613812341234")
        a_hold(customer=customer, placed_by=a_member_of_staff(username="agent"))
        a_risk_assessment(customer=customer, tier="high", reasons=[{"code": "late_count"}])
        correct_address(customer_id=customer.pk, address="13900000000", region="CN", now=NOW)

        sheet = borrower_sheet(customer_id=customer.pk, today=TODAY)

        assert sheet is not None
        assert [point.address_masked for point in sheet.contacts] == [
            "+86 139****0000",
            "+86 138****1234",
        ]
        assert (sheet.holds[0].placed_by, sheet.holds[0].loan_no) == ("agent", "")
        assert sheet.risk is not None
        assert sheet.risk.tier == "high"

    def test_asks_ten_questions_whatever_there_is(
        self, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        customer = a_customer()
        for _ in range(3):
            loan = a_loan(customer=customer)
            for month in (9, 10, 11):
                an_instalment(loan=loan, due_date=date(2026, month, 1))
            a_payment(loan=loan)
            a_hold(customer=customer, loan=loan, amount="50.00")
            a_hold(customer=customer, loan=loan, kind="plan")
        with django_assert_num_queries(10):
            borrower_sheet(customer_id=customer.pk, today=TODAY)
