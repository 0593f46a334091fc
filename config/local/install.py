"""Makes `.venv` and installs what the requirements files pin. Run as a file, by the Makefile.

    python3 config/local/install.py [--dev]

Uses the standard library alone and imports nothing of the project: nothing is installed yet.
All it says goes to standard error, since `make bench` promises one JSON object on standard output.
"""

import ast
import fcntl
import hashlib
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import TextIO

PROJECT = Path(__file__).resolve().parent.parent.parent
ENVIRONMENT = PROJECT / ".venv"
PYTHON = ENVIRONMENT / "bin" / "python"
UV = "uv==0.13.9"


class CannotInstall(RuntimeError):
    """The environment could not be made; the message says what to do."""


def install(*, dev: bool) -> None:
    """Brings `.venv` in step with the requirements files; instant when it is.

    Once the packages for development are in, they stay: a later `make run` does not take them
    out again.
    """
    with _lock():
        dev = dev or _stamp("dev").exists()
        requirements = PROJECT / ("requirements-dev.txt" if dev else "requirements.txt")
        stamp = _stamp("dev" if dev else "run")
        wanted = _fingerprint(requirements)
        if stamp.exists() and stamp.read_text() == wanted:
            return
        for old in (_stamp("dev"), _stamp("run")):
            old.unlink(missing_ok=True)
        started = time.monotonic()
        _make_environment()
        _say(f"installing {requirements.name} into .venv")
        _uv("pip", "sync", "--quiet", "--require-hashes", requirements.name)
        stamp.write_text(wanted)
        _say(f"installed in {time.monotonic() - started:.1f} s")


def _make_environment() -> None:
    try:
        import ensurepip  # noqa: F401 - Debian packs it separately
        import venv  # noqa: F401
    except ImportError:
        raise CannotInstall(
            "this Python cannot make virtual environments. On Debian or Ubuntu: "
            "apt install python3-venv; or name another one: make PYTHON=/path/to/python3"
        ) from None
    if not _environment_is_sound():
        _say("making the virtual environment .venv")
        _run([sys.executable, "-m", "venv", "--clear", str(ENVIRONMENT)])
    _run([str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", UV])


def _environment_is_sound() -> bool:
    """False after an interrupted start, or when Python itself has changed under it."""
    ask = "import sys, pip; print(sys.version_info[:2])"
    try:
        found = subprocess.run(
            [str(PYTHON), "-c", ask], capture_output=True, text=True, check=False
        )
    except OSError:
        return False
    return found.returncode == 0 and found.stdout.strip() == str(sys.version_info[:2])


def _uv(*arguments: str) -> None:
    """Runs uv. It does not read pip's settings, so those of a mirror, and of a certificate
    authority of the company's own, are passed on."""
    env = dict(os.environ, VIRTUAL_ENV=str(ENVIRONMENT))
    if not any(name in env for name in ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_CONFIG_FILE")):
        index = env.get("PIP_INDEX_URL") or _pip_setting("index-url")
        if index:
            env["UV_DEFAULT_INDEX"] = index
    if not any(name in env for name in ("SSL_CERT_FILE", "SSL_CERT_DIR", "UV_SYSTEM_CERTS")):
        authority = env.get("PIP_CERT") or _pip_setting("cert")
        if authority:
            env["SSL_CERT_FILE"] = authority
    if not os.access(Path.home(), os.W_OK):  # a user without a home has no cache either
        env.setdefault("UV_NO_CACHE", "1")
    _run([str(PYTHON), "-m", "uv", *arguments], env=env)


def _pip_setting(name: str) -> str:
    """One of pip's settings, wherever it stands; `pip config get` would read one file alone."""
    found = subprocess.run(
        [str(PYTHON), "-m", "pip", "config", "list"], capture_output=True, text=True, check=False
    )
    for line in found.stdout.splitlines():
        key, _, value = line.partition("=")
        if key == f"global.{name}":
            return str(ast.literal_eval(value))
    return ""


def _run(command: list[str], *, env: dict[str, str] | None = None) -> None:
    done = subprocess.run(command, cwd=PROJECT, env=env, stdout=sys.stderr, check=False)
    if done.returncode:
        raise CannotInstall(f"failed with status {done.returncode}: {' '.join(command)}")


def _fingerprint(requirements: Path) -> str:
    """Of the content: a fresh checkout changes times, not what is asked for."""
    digest = hashlib.sha256(requirements.read_bytes())
    digest.update(f"{sys.version_info[:2]} {UV}".encode())
    return digest.hexdigest()


def _stamp(name: str) -> Path:
    return ENVIRONMENT / f"{name}.installed"


def _lock() -> TextIO:
    """Two `make` in one checkout take turns."""
    folder = PROJECT / "var"
    folder.mkdir(exist_ok=True)
    lock = (folder / "install.lock").open("w")
    fcntl.flock(lock, fcntl.LOCK_EX)
    return lock


def _say(words: str) -> None:
    print(words, file=sys.stderr, flush=True)


if __name__ == "__main__":
    try:
        install(dev="--dev" in sys.argv[1:])
    except CannotInstall as error:
        sys.exit(f"error: {error}")
