"""How much memory the local PostgreSQL takes for its buffers."""

from pathlib import Path

import pytest

from config.local import postgres

GIB = 1024**3


class TestBuffers:
    @pytest.mark.parametrize(
        ("bytes_allowed", "mib"), [(GIB // 4, 128), (GIB, 256), (1_024 * GIB, None), ("max", None)]
    )
    def test_are_a_quarter_of_what_a_container_may_take(
        self,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        bytes_allowed: int | str,
        mib: int | None,
    ) -> None:
        limit = tmp_path / "memory.max"
        limit.write_text(f"{bytes_allowed}\n")
        monkeypatch.setattr(postgres, "_MEMORY_OF_CONTAINER", tmp_path / "there is none")
        without = postgres._buffers_mib()

        monkeypatch.setattr(postgres, "_MEMORY_OF_CONTAINER", limit)

        assert postgres._buffers_mib() == (without if mib is None else mib)
        assert 128 <= without <= 2048
