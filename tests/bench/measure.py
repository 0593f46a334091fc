"""One measurement: snapshots of everything that costs, before and after."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import psycopg

from tests.bench.figures import Figures
from tests.bench.procfs import cpu_seconds, family, peak_mib
from tests.bench.servers import Servers

# Without the checks of foreign keys that PostgreSQL runs by itself when a transaction ends.
_STATEMENTS = """
SELECT coalesce(sum(calls), 0)::bigint FROM pg_stat_statements
WHERE
    dbid = (SELECT oid FROM pg_database WHERE datname = %s)
    AND NOT starts_with(query, 'SELECT $2 FROM ONLY')
    AND NOT starts_with(query, 'SELECT 1 FROM ONLY')
"""
_WAL = "SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint"
_ROWS = """
SELECT
    coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del), 0)::bigint AS written,
    coalesce(sum(n_dead_tup), 0)::bigint AS dead
FROM pg_stat_user_tables
"""
_BACKENDS_GONE_SECONDS = 20.0


@dataclass(slots=True)
class Meter:
    """Measures what happens in `database` between `start` and `stop`, and what it left at `read`.

    `workers` are processes whose CPU and peaks count as ours; the gateway's CPU stands apart,
    since it would not be on this machine. Times are the meter's own unless they are given.
    """

    servers: Servers
    database: str
    workers: Mapping[str, int]
    gateway_pid: int | None = None
    seconds: float = 0.0
    _started: float = 0.0
    _cpu: dict[str, float] = field(default_factory=dict)
    _totals: tuple[int, int, int] = (0, 0, 0)
    _peaks: list[float] = field(default_factory=list)

    def start(self) -> None:
        """Everything before this is not counted."""
        self.servers.settle()
        self._totals = self._read()
        self._cpu = self._cpu_now()
        self._started = time.monotonic()

    def stop(self) -> None:
        """Everything after this is not counted, but for rows and statements still to be told."""
        self.seconds = time.monotonic() - self._started
        now = self._cpu_now()
        self._cpu = {who: now[who] - before for who, before in self._cpu.items()}
        self._peaks = [peak_mib(pid) for root in self.workers.values() for pid in family(root)]

    def read(self, *, what: str, count: int, seconds: float | None = None) -> Figures:
        """The figures. Call it when those who worked have left, or some rows are not yet told."""
        self._wait_for_backends()
        statements, wal, rows = self._read()
        return Figures(
            what=what,
            count=count,
            seconds=seconds or self.seconds,
            cpu=self._cpu,
            statements=statements - self._totals[0],
            wal_bytes=wal - self._totals[1],
            rows_written=rows - self._totals[2],
            dead_rows=self._dead_rows(),
            peaks_mib=self._peaks,
        )

    def _cpu_now(self) -> dict[str, float]:
        found = {who: cpu_seconds([pid]) for who, pid in self.workers.items()}
        found["postgres"] = cpu_seconds([self.servers.postgres_pid])
        found["broker"] = cpu_seconds([self.servers.broker_pid])
        if self.gateway_pid is not None:
            found["gateway"] = cpu_seconds([self.gateway_pid])
        return found

    def _read(self) -> tuple[int, int, int]:
        with self.servers.connect("duecourse") as admin:
            statements = one_row(admin, _STATEMENTS, [self.database])[0]
            wal = one_row(admin, _WAL)[0]
        with self.servers.connect(self.database) as connection:
            return statements, wal, one_row(connection, _ROWS)[0]

    def _dead_rows(self) -> int:
        with self.servers.connect(self.database) as connection:
            dead: int = one_row(connection, _ROWS)[1]
        return dead

    def _wait_for_backends(self) -> None:
        """A backend tells its counts at the latest when it ends."""
        deadline = time.monotonic() + _BACKENDS_GONE_SECONDS
        with self.servers.connect("postgres") as admin:
            ask = (
                "SELECT count(*) FROM pg_stat_activity"
                " WHERE datname = %s AND backend_type = 'client backend'"
            )
            while one_row(admin, ask, [self.database])[0] and time.monotonic() < deadline:
                time.sleep(0.05)


def one_row(
    connection: "psycopg.Connection[Any]", sql: str, parameters: Sequence[Any] = ()
) -> tuple[Any, ...]:
    """The row of a statement that always has one."""
    row: tuple[Any, ...] | None = connection.execute(sql, parameters).fetchone()
    assert row is not None
    return row
