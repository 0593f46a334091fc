"""The files of settings that the launcher writes, and the secrets that it makes once."""

import base64
import stat
from pathlib import Path

import pytest

from config.local import envfile, secrets


class TestEnvfile:
    def test_reads_back_what_it_wrote(self, tmp_path: Path) -> None:
        values = {"PLAIN": "1", "SPACED": "a b  c", "QUOTED": 'it\'s "so" # $HOME', "EMPTY": ""}
        envfile.write(tmp_path / "env", values, heading="two\nlines")
        assert envfile.read(tmp_path / "env") == values

    def test_lets_only_its_owner_read_it(self, tmp_path: Path) -> None:
        path = tmp_path / "env"
        path.write_text("")
        path.chmod(0o644)
        envfile.write(path, {"TOKEN": "x"})
        assert stat.S_IMODE(path.stat().st_mode) == 0o600

    def test_reads_nothing_where_there_is_no_file(self, tmp_path: Path) -> None:
        assert envfile.read(tmp_path / "none") == {}

    @pytest.mark.parametrize("line", ["TOKEN", "export", "A=1 B=2", "1A=2", "A='open"])
    def test_names_the_line_that_it_cannot_read(self, tmp_path: Path, line: str) -> None:
        path = tmp_path / "env"
        path.write_text(f"# heading\nexport GOOD=1\n{line} \n")
        if line == "export":  # says nothing, harms nothing
            assert envfile.read(path) == {"GOOD": "1"}
            return
        with pytest.raises(envfile.BadLine, match="line 3"):
            envfile.read(path)


class TestSecrets:
    def test_makes_each_once_and_keeps_it(self, tmp_path: Path) -> None:
        made = secrets.load_or_make(tmp_path / "secrets.env")
        assert secrets.load_or_make(tmp_path / "secrets.env") == made
        assert len(set(made.values())) == len(made)

    def test_adds_what_an_older_file_lacks_and_changes_nothing_else(self, tmp_path: Path) -> None:
        path = tmp_path / "secrets.env"
        path.write_text("SECRET_KEY=kept\nMY_OWN='kept too'\n")
        made = secrets.load_or_make(path)
        assert made["SECRET_KEY"] == "kept"
        assert made["MY_OWN"] == "kept too"
        assert envfile.read(path) == made

    def test_makes_field_keys_of_32_bytes(self) -> None:
        assert len(base64.b64decode(secrets.make()["FIELD_KEYS"], validate=True)) == 32
