"""The plans by which PostgreSQL answers a page."""

import re
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.test import Client

from tests.bench.history_tables import TABLES

BIG = frozenset(TABLES.values()) | {"reminders_rawreceipt"}

_NODE = re.compile(r"(?:Seq|Index|Index Only|Bitmap Heap|Bitmap Index) Scan|Sort|Limit|Aggregate")
_OF_A_BIG_TABLE = re.compile(rf"Bitmap Index Scan|\b(?:{'|'.join(sorted(BIG))})\b")


@dataclass(frozen=True, slots=True)
class Plan:
    """A statement and its plan, line by line."""

    sql: str
    lines: tuple[str, ...]

    @property
    def read_whole(self) -> frozenset[str]:
        """Big tables that the plan reads from end to end."""
        found = re.findall(r"Seq Scan on (?:\w+\.)?(\w+)", "\n".join(self.lines))
        return frozenset(found) & BIG

    @property
    def in_short(self) -> list[str]:
        """The nodes that read or sort big tables, without costs."""
        return [
            re.sub(r"\s+\(cost=[^)]*\)", "", line)
            for line in self.lines
            if _NODE.search(line) and _OF_A_BIG_TABLE.search(line)
        ]


def plans_of(client: Client, address: str, *, measured: bool = False) -> list[Plan]:
    """The plans of the statements that the page asks; `measured` runs them."""
    asked: list[tuple[str, Any]] = []

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        asked.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        response = client.get(address)
    assert response.status_code == 200, (address, response.status_code)
    explain = "EXPLAIN (ANALYZE, BUFFERS) " if measured else "EXPLAIN "
    found = []
    with connection.cursor() as cursor:
        by_index_alone = False
        for sql, params in asked:
            if sql.startswith("SET LOCAL"):
                by_index_alone = sql.endswith("off")
            elif re.match(r"\s*(?:--[^\n]*\n\s*)*[(\s]*(?:SELECT|WITH)\b", sql):
                if by_index_alone:
                    cursor.execute("SET enable_seqscan = off")
                cursor.execute(explain + sql, params)
                found.append(Plan(sql, tuple(line for (line,) in cursor.fetchall())))
                cursor.execute("RESET enable_seqscan")
    return found
