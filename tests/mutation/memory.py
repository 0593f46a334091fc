"""The verdicts of the last run, so that whoever writes the missing tests need not wait for all."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.mutation.children import Verdict
from tests.mutation.mutants import ROOT, Mutant

FILE = ROOT / "var" / "mutation.json"


def remember(
    mutants: Sequence[Mutant], verdicts: Mapping[str, Verdict], *, file: Path = FILE
) -> None:
    """Keep these verdicts beside those of other mutants that are kept."""
    kept = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    kept |= {_key(mutant): verdicts[mutant.name].value for mutant in mutants}
    file.parent.mkdir(exist_ok=True)
    file.write_text(json.dumps(kept, indent=0), encoding="utf-8")


def killed_before(mutants: Sequence[Mutant], *, file: Path = FILE) -> dict[str, Verdict]:
    """Which of these were killed when last judged, as long as their module is the same."""
    kept = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    verdicts = {
        mutant.name: Verdict(kept[_key(mutant)]) for mutant in mutants if _key(mutant) in kept
    }
    return {name: verdict for name, verdict in verdicts.items() if verdict.is_killed}


def _key(mutant: Mutant) -> str:
    source = hashlib.sha256(mutant.path.read_bytes()).hexdigest()
    return f"{source[:16]} {mutant.name}"
