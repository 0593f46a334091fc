"""When the environment is installed anew, and what it is told; nothing is downloaded here."""

import sys
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
    """What uv is told of pip's settings, read by the pip of this environment."""

    @pytest.fixture
    def told(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
        """Gets the environment of uv, where pip is set to a mirror with an authority of its own."""
        told: dict[str, str] = {}
        settings = tmp_path / "pip.conf"
        settings.write_text(
            "[global]\nindex-url = https://mirror.example/simple\ncert = /etc/company.pem\n"
        )
        for name in (
            *("UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_CONFIG_FILE", "PIP_INDEX_URL"),
            *("SSL_CERT_FILE", "SSL_CERT_DIR", "UV_SYSTEM_CERTS", "PIP_CERT"),
        ):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("PIP_CONFIG_FILE", str(settings))
        monkeypatch.setattr(install, "PYTHON", Path(sys.executable))
        monkeypatch.setattr(install, "_run", lambda _, *, env: told.update(env))
        return told

    def test_the_mirror_and_the_authority(self, told: dict[str, str]) -> None:
        install._uv("pip", "sync")
        assert told["UV_DEFAULT_INDEX"] == "https://mirror.example/simple"
        assert told["SSL_CERT_FILE"] == "/etc/company.pem"

    def test_what_uv_was_given_is_kept(
        self, told: dict[str, str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("UV_DEFAULT_INDEX", "https://own.example/simple")
        monkeypatch.setenv("SSL_CERT_FILE", "/etc/own.pem")
        install._uv("pip", "sync")
        assert told["UV_DEFAULT_INDEX"] == "https://own.example/simple"
        assert told["SSL_CERT_FILE"] == "/etc/own.pem"

    def test_nothing_where_pip_is_told_nothing(
        self, told: dict[str, str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(install, "_pip_setting", lambda _: "")
        install._uv("pip", "sync")
        assert "UV_DEFAULT_INDEX" not in told
        assert "SSL_CERT_FILE" not in told
