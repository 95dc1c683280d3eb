"""What looks at a server's new certificate before it serves, and what proves it afterwards."""

import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.deploy.authority import Authority

_FILES = Path(__file__).parents[3] / "deploy/ansible/roles/renewal/files"
_HOST = "127.0.0.1"


@contextmanager
def _serving(place: Path) -> Iterator[int]:
    """A TLS server with what is in `place`, for as many callers as come; gives its port."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(place / "server.pem", place / "server.key")
    with socket.create_server((_HOST, 0)) as listener:
        over = threading.Event()

        def serve() -> None:
            while not over.is_set():
                plain, _ = listener.accept()
                with plain:
                    try:
                        with context.wrap_socket(plain, server_side=True) as connection:
                            connection.recv(1)
                    except OSError:
                        continue

        serving = threading.Thread(target=serve, daemon=True)
        serving.start()
        port = int(listener.getsockname()[1])
        yield port
        over.set()
        socket.create_connection((_HOST, port)).close()
        serving.join(30)


def _run(program: str, place: Path, port: int) -> "subprocess.CompletedProcess[str]":
    words = [sys.executable, _FILES / program, place, _HOST, str(port)]
    return subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)


def _brought(place: Path, brought: Path) -> None:
    for name in ("server.pem", "server.key", "ca.pem"):
        (place / f"{name}.new").write_bytes((brought / name).read_bytes())


@pytest.fixture
def place(tmp_path: Path) -> Path:
    place = tmp_path / "tls"
    place.mkdir()
    return place


@pytest.fixture
def authority() -> Authority:
    return Authority("seal.example.com", [_HOST])


def test_a_new_one_that_is_shown_is_proved(place: Path, authority: Authority) -> None:
    authority.issue(place, days=400)
    _brought(place, place)
    with _serving(place) as port:
        assert _run("look_at_certificate.py", place, port).stdout.startswith("it serves")
        proved = _run("prove_certificate.py", place, port)
    assert proved.returncode == 0, proved.stderr
    assert "shows it" in proved.stdout


def test_while_the_former_is_shown_nothing_is_proved(
    place: Path, authority: Authority, tmp_path: Path
) -> None:
    authority.issue(place, days=40)
    authority.issue(tmp_path, days=400)
    _brought(place, tmp_path)
    with _serving(place) as port:
        assert _run("look_at_certificate.py", place, port).stdout.startswith("another serves")
        proved = _run("prove_certificate.py", place, port)
    assert proved.returncode == 1
    assert "another certificate than the new one" in proved.stderr


def test_one_for_another_name_is_refused_by_a_caller(place: Path, authority: Authority) -> None:
    authority.issue(place, days=400, for_machines=False)
    _brought(place, place)
    with _serving(place) as port:
        proved = _run("prove_certificate.py", place, port)
    assert proved.returncode == 1
    assert "a caller who believes the new CA alone refuses" in proved.stderr


def test_one_of_a_ca_that_was_not_brought_is_refused(
    place: Path, authority: Authority, tmp_path: Path
) -> None:
    authority.issue(place, days=400)
    _brought(place, place)
    Authority("seal.example.com", [_HOST]).issue(tmp_path, days=400)
    (place / "ca.pem.new").write_bytes((tmp_path / "ca.pem").read_bytes())
    with _serving(place) as port:
        looked = _run("look_at_certificate.py", place, port)
        proved = _run("prove_certificate.py", place, port)
    assert looked.returncode == 1
    assert "no certificate in services_tls_ca has issued it" in looked.stderr
    assert proved.returncode == 1
    assert "refuses" in proved.stderr


def test_a_port_without_anybody_is_told(place: Path, authority: Authority, tmp_path: Path) -> None:
    authority.issue(place, days=400)
    _brought(place, place)
    hasty = tmp_path / "prove.py"
    text = (_FILES / "prove_certificate.py").read_text(encoding="utf-8")
    assert "LISTEN_SECONDS, LOOK_SECONDS, ANSWER_SECONDS = 30.0" in text
    hasty.write_text(text.replace("= 30.0", "= 0.0"), encoding="utf-8")
    with socket.create_server((_HOST, 0)) as taken:
        port = taken.getsockname()[1]
    words = [sys.executable, hasty, place, _HOST, str(port)]
    told = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)
    assert told.returncode == 1
    assert "nobody listens" in told.stderr


@pytest.mark.parametrize("identified", [True, False])
def test_a_ca_of_the_same_name_must_be_told_apart(
    place: Path, tmp_path: Path, *, identified: bool
) -> None:
    Authority("seal.example.com", [_HOST]).issue(place, days=40)
    another = Authority("seal.example.com", [_HOST], identified=identified)
    another.issue(tmp_path, days=400)
    _brought(place, tmp_path)
    with _serving(place) as port:
        looked = _run("look_at_certificate.py", place, port)
    assert (looked.returncode == 0) is identified, looked.stderr
    assert ("would tell them apart" in looked.stderr) is not identified
