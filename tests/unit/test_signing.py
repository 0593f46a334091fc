"""Callbacks that are taken and callbacks that are refused."""

import hashlib
import hmac
from datetime import UTC, datetime, timedelta

import pytest

from reminders.gateways.base import ForgedCallback
from reminders.gateways.signing import AGE_MAX, sign, verify
from reminders.simulator import signing as simulators_own

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
SECRET = "a secret"
BODY = b'{"receipts": []}'


def headers(
    *, body: bytes = BODY, secret: str = SECRET, at: datetime = NOW, **replaced: str
) -> dict[str, str]:
    """What a gateway sends along, with some of it replaced."""
    timestamp = int(at.timestamp())
    return {
        "X-Signature-Timestamp": replaced.get("timestamp", str(timestamp)),
        "X-Signature": replaced.get("signature", sign(body, timestamp=timestamp, secret=secret)),
    }


class TestSign:
    def test_is_hmac_sha256_of_timestamp_and_body(self) -> None:
        expected = hmac.new(b"a secret", b"1700000000.body", hashlib.sha256).hexdigest()

        assert sign(b"body", timestamp=1_700_000_000, secret=SECRET) == expected

    def test_agrees_with_the_simulator(self) -> None:
        ours = sign(BODY, timestamp=1_700_000_000, secret=SECRET)

        assert simulators_own.sign(BODY, timestamp=1_700_000_000, secret=SECRET) == ours


class TestVerify:
    def test_takes_a_good_signature(self) -> None:
        verify(BODY, headers=headers(), secret=SECRET, now=NOW)

    @pytest.mark.parametrize("age", [AGE_MAX, -AGE_MAX])
    def test_takes_one_from_a_clock_that_differs_a_little(self, age: timedelta) -> None:
        verify(BODY, headers=headers(at=NOW - age), secret=SECRET, now=NOW)

    @pytest.mark.parametrize("age", [AGE_MAX, -AGE_MAX])
    def test_refuses_one_that_was_caught_and_is_played_again(self, age: timedelta) -> None:
        old = NOW - age - timedelta(seconds=1 if age > timedelta(0) else -1)

        with pytest.raises(ForgedCallback, match="away from our clock"):
            verify(BODY, headers=headers(at=old), secret=SECRET, now=NOW)

    def test_refuses_an_altered_body(self) -> None:
        with pytest.raises(ForgedCallback, match="does not fit"):
            verify(BODY + b" ", headers=headers(), secret=SECRET, now=NOW)

    def test_refuses_another_timestamp_than_the_signed_one(self) -> None:
        with pytest.raises(ForgedCallback, match="does not fit"):
            verify(
                BODY,
                headers=headers(timestamp=str(int(NOW.timestamp()) + 1)),
                secret=SECRET,
                now=NOW,
            )

    def test_refuses_another_secret(self) -> None:
        with pytest.raises(ForgedCallback, match="does not fit"):
            verify(BODY, headers=headers(secret="another"), secret=SECRET, now=NOW)

    def test_refuses_everything_when_we_have_no_secret(self) -> None:
        with pytest.raises(ForgedCallback, match="no secret"):
            verify(BODY, headers=headers(secret=""), secret="", now=NOW)

    @pytest.mark.parametrize("header", ["X-Signature", "X-Signature-Timestamp"])
    def test_refuses_a_missing_header(self, header: str) -> None:
        rest = {name: value for name, value in headers().items() if name != header}

        with pytest.raises(ForgedCallback, match="is missing"):
            verify(BODY, headers=rest, secret=SECRET, now=NOW)

    @pytest.mark.parametrize("timestamp", ["soon", "-1", "1.5", "１７", "²", "9" * 400])
    def test_refuses_a_timestamp_that_is_none(self, timestamp: str) -> None:
        with pytest.raises(ForgedCallback, match="Unix seconds"):
            verify(BODY, headers=headers(timestamp=timestamp), secret=SECRET, now=NOW)

    @pytest.mark.parametrize("signature", ["é", "\udce9", "0" * 64, "0" * 10_000])
    def test_refuses_a_signature_that_is_none(self, signature: str) -> None:
        with pytest.raises(ForgedCallback, match="does not fit"):
            verify(BODY, headers=headers(signature=signature), secret=SECRET, now=NOW)
