"""The real loan book, made of real credit-card accounts, where it lies beside the project."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def make_real_book(folder: Path, *, as_of: str, limit: int | None = None) -> Path:
    """The book of that day as CSV files in `folder`. Skips the test where the data is missing."""
    shared = Path(os.environ.get("DUECOURSE_SHARED", ROOT.parent / "shared"))
    maker = shared / "data" / "uci_credit_card" / "make_book.py"
    if not maker.exists():
        pytest.skip(f"the real book is not here: {maker} is missing (set DUECOURSE_SHARED)")
    command = [sys.executable, str(maker), "--out", str(folder), "--as-of", as_of]
    subprocess.run(command + (["--limit", str(limit)] if limit else []), check=True)
    return folder
