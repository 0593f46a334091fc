"""Workers on several hosts share the work: no text twice, none lost, and each takes its part."""

import json
import subprocess
import sys

import pytest

from tests.bench.network import why_not


class TestTwoHosts:
    def test_share_what_is_due_without_knowing_of_each_other(self) -> None:
        if found := why_not():
            pytest.skip(f"no network namespaces can be made: {found}")
        options = ["--size", "1k", "--cases", "2 in two", "--format", "json"]
        done = subprocess.run(
            [sys.executable, "-m", "tests.bench.hosts", *options],
            capture_output=True,
            text=True,
            check=False,
        )

        # It fails by itself when a text is lost or sent twice.
        assert done.returncode == 0, done.stderr
        found = json.loads(done.stdout)["cases"]["2 in two"]
        assert found["texts"] > 700
        assert sum(found["shares"]) == pytest.approx(1, abs=0.02)
        assert min(found["shares"]) > 0
