"""`warifu certificate verify`, as an auditor without server or database runs it."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from custody.certificates.press import Press
from tests.support.certificates import KEY, ORIGIN, certificate, contract_end, disposed, extinct
from tests.support.command import Command, Outcome
from tokenizer.audit.note import VerifierKey

FACTS = extinct(disposed())


@pytest.fixture
def command(tmp_path: Path) -> Command:
    return Command(tmp_path)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "certificate.json"
    path.write_bytes(certificate(FACTS).encode())
    return path


def verify(command: Command, file: Path, *key: str, as_json: bool = True) -> Outcome:
    return command("certificate", "verify", str(file), *(key or ("--key", str(KEY))), as_json=as_json)


def test_a_certificate_verifies_with_the_key_and_tells_what_was_signed(command: Command, file: Path) -> None:
    done = verify(command, file)
    assert done.code == 0, done.text
    told: dict[str, Any] = done.json
    assert told["verified"] is True
    assert told["log"] == {"origin": ORIGIN, "size": 8, "entries": [5, 7]}
    assert told["certificate"] == json.loads(file.read_bytes())["certificate"]


@pytest.mark.parametrize(
    ("facts", "title"),
    [
        (disposed(), "個人番号廃棄証明書 / certificate of disposal"),
        (contract_end(), "データ破棄証明書 / certificate of data destruction"),
        (extinct(contract_end()), "個人番号消滅証明書 / certificate of extinction"),
    ],
)
def test_people_read_it_in_both_languages(command: Command, tmp_path: Path, facts: Any, title: str) -> None:
    file = tmp_path / "certificate.json"
    file.write_bytes(certificate(facts).encode())
    done = verify(command, file, as_json=False)
    assert done.code == 0, done.text
    text = " ".join(done.text.split())
    for said in (
        "検証に成功しました / verified",
        title,
        "株式会社わりふ商事",
        "2026-01-12 10:30",
        "2026-04-06 10:30",
    ):
        assert said in text, said
    assert ("extinct since" in text) == (facts.extinct_at is not None)


def test_the_key_may_stand_in_a_file(command: Command, file: Path, tmp_path: Path) -> None:
    key = tmp_path / "log.key"
    key.write_text(f"{KEY}\n")
    assert verify(command, file, "--key-file", str(key)).code == 0
    assert verify(command, file, "--key", str(key)).code == 0


def test_a_key_is_needed_and_one_is_enough(command: Command, file: Path) -> None:
    for given in (("--key", ""), ("--key", str(KEY), "--key-file", str(file))):
        done = verify(command, file, *given)
        assert done.code == 1
        assert done.json["error"]["code"] == "KEY"
        assert "--key-file" in done.json["error"]["message_en"]


def test_a_changed_certificate_fails_and_says_what_to_do(command: Command, file: Path) -> None:
    file.write_bytes(file.read_bytes().replace("山田".encode(), "山本".encode()))
    done = verify(command, file)
    assert done.code == 1
    error = done.json["error"]
    assert error["code"] == "VERIFICATION_FAILED"
    assert "署名されたものと異なります" in error["message_ja"]
    assert "tampering" in error["message_en"]


@pytest.mark.parametrize("data", [b"", b"\xff\xfe", b"%PDF-1.7\n", b"{}"])
def test_a_file_that_is_no_certificate_fails(command: Command, file: Path, data: bytes) -> None:
    file.write_bytes(data)
    assert verify(command, file).json["error"]["code"] == "VERIFICATION_FAILED"


@pytest.mark.parametrize("key", [str(VerifierKey(ORIGIN, bytes(32))), "a+b", "a+b+c"])
def test_another_key_fails(command: Command, file: Path, key: str) -> None:
    done = verify(command, file, "--key", key)
    assert (done.code, done.json["error"]["code"]) == (1, "VERIFICATION_FAILED")


def test_a_missing_file_is_named(command: Command, file: Path, tmp_path: Path) -> None:
    for given in ((tmp_path / "none.json", "--key", str(KEY)), (file, "--key", "none.key")):
        done = verify(command, *given)
        assert (done.code, done.json["error"]["code"]) == (1, "FILE")
        assert "none." in done.json["error"]["message_ja"]


@pytest.fixture(scope="module")
def pdf() -> bytes:
    return asyncio.run(Press().certificate(certificate(FACTS), KEY))


def test_the_pdf_verifies_by_what_is_attached(command: Command, tmp_path: Path, pdf: bytes) -> None:
    file = tmp_path / "certificate.pdf"
    file.write_bytes(pdf)
    assert verify(command, file).json["certificate"]["run"] == FACTS.run
    told = verify(command, file, as_json=False)
    assert told.code == 0
    assert "compare what its pages say" in " ".join(told.text.split())


def test_a_pdf_with_two_certificates_is_refused(command: Command, tmp_path: Path, pdf: bytes) -> None:
    file = tmp_path / "certificate.pdf"
    other = certificate(disposed()).encode()
    file.write_bytes(pdf + b"stream\n" + other + b"\nendstream")
    done = verify(command, file)
    assert done.code == 1
    assert "PDF attachment" in done.text
