"""The reviewed list: survivors that we know, each with the reason why it may live."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

LIST = Path(__file__).with_name("survivors.toml")


class Ruling(StrEnum):
    """What a review found."""

    EQUIVALENT = "equivalent"
    """Nothing that can be observed differs: no test could notice. Left out of the score."""
    TOLERATED = "tolerated"
    """Something differs that we do not promise. Counts as a survivor."""


@dataclass(frozen=True, slots=True)
class Survivor:
    """A mutant that lives, and why."""

    where: str
    change: str
    ruling: Ruling
    why: str

    @property
    def name(self) -> str:
        """The name of the mutant."""
        return f"{self.where}: {self.change}"


def read(path: Path = LIST) -> Mapping[str, Survivor]:
    """The survivors by name. Raises ValueError for one without a reason or told twice."""
    survivors: dict[str, Survivor] = {}
    for row in tomllib.loads(path.read_text(encoding="utf-8")).get("survivor", []):
        survivor = Survivor(row["where"], row["change"], Ruling(row["ruling"]), row["why"].strip())
        if not survivor.why or survivor.name in survivors:
            raise ValueError(f"{survivor.name}: has no reason, or stands there twice")
        survivors[survivor.name] = survivor
    return survivors


def ordered(survivors: Mapping[str, Survivor]) -> Sequence[Survivor]:
    """As the documentation lists them."""
    return sorted(survivors.values(), key=lambda s: (s.ruling, s.where, s.change))
