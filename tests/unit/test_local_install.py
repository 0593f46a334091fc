"""When the environment is installed anew, and what it is told; nothing is downloaded here."""

from pathlib import Path

import pytest

from config.local import install


@pytest.fixture
def synced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A project with two requirements files; gets the name of each file that is installed."""
    (tmp_path / "requirements.txt").write_text("django\n")
    (tmp_path / "requirements-dev.txt").write_text("django\npytest\n")
    (tmp_path / ".venv").mkdir()
    names: list[str] = []
    monkeypatch.setattr(install, "PROJECT", tmp_path)
    monkeypatch.setattr(install, "ENVIRONMENT", tmp_path / ".venv")
    monkeypatch.setattr(install, "_make_environment", lambda: None)
    monkeypatch.setattr(install, "_uv", lambda *arguments: names.append(arguments[-1]))
    return names


class TestInstall:
    def test_does_nothing_the_second_time(self, synced: list[str]) -> None:
        install.install(dev=False)
        install.install(dev=False)
        assert synced == ["requirements.txt"]

    def test_keeps_the_development_packages_once_they_are_in(
        self, synced: list[str], tmp_path: Path
    ) -> None:
        install.install(dev=True)
        install.install(dev=False)
        (tmp_path / "requirements-dev.txt").write_text("django\npytest\nruff\n")
        install.install(dev=False)
        assert synced == ["requirements-dev.txt", "requirements-dev.txt"]

    def test_adds_them_to_what_a_run_has_installed(self, synced: list[str]) -> None:
        install.install(dev=False)
        install.install(dev=True)
        assert synced == ["requirements.txt", "requirements-dev.txt"]

    def test_begins_again_after_it_was_interrupted(
        self, synced: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(*_: str) -> None:
            raise install.CannotInstall("no network")

        with monkeypatch.context() as patch:
            patch.setattr(install, "_uv", fail)
            with pytest.raises(install.CannotInstall):
                install.install(dev=False)
        install.install(dev=False)
        assert synced == ["requirements.txt"]


class TestUv:
    @pytest.fixture
    def index(self, monkeypatch: pytest.MonkeyPatch) -> dict[str, str | None]:
        """Gets the index that uv is told of."""
        seen: dict[str, str | None] = {}

        def run(command: list[str], *, env: dict[str, str]) -> None:
            seen["index"] = env.get("UV_DEFAULT_INDEX")

        for name in ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_CONFIG_FILE", "PIP_INDEX_URL"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setattr(install, "_run", run)
        monkeypatch.setattr(install, "_pip_setting", lambda _: "https://mirror.example/simple")
        return seen

    def test_is_told_of_the_mirror_that_pip_uses(self, index: dict[str, str | None]) -> None:
        install._uv("pip", "sync")
        assert index == {"index": "https://mirror.example/simple"}

    def test_keeps_the_index_that_it_was_given(
        self, index: dict[str, str | None], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("UV_DEFAULT_INDEX", "https://own.example/simple")
        install._uv("pip", "sync")
        assert index == {"index": "https://own.example/simple"}
