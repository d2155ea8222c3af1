import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokenizer.audit.checkpoint import Checkpoint, open_note, sign
from tokenizer.audit.errors import CheckpointError, Fault
from tokenizer.audit.note import MAX_LENGTH, VerifierKey, open_text, sign_text
from tokenizer.audit.text import MAX_INTEGER, from_base64, from_decimal, to_base64

ORIGIN = "vault.example/tenant/1"
CHECKPOINT = Checkpoint(ORIGIN, 20_852_163, bytes(range(32)))
PUBLISHED = json.loads(Path(__file__, "../../../vectors/published/note.json").resolve().read_text("utf-8"))


@pytest.fixture
def note(signer: Any) -> str:
    return sign(CHECKPOINT, signer.public, signer.sign)


def fault_of(note: str, key: VerifierKey, verify: Any) -> Fault:
    with pytest.raises(CheckpointError) as refused:
        open_note(note, key, verify)
    return refused.value.fault


def test_a_checkpoint_is_three_lines() -> None:
    assert CHECKPOINT.to_text() == (
        "vault.example/tenant/1\n20852163\nAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\n"
    )


def test_the_example_of_the_specification_reads_and_prints_as_it_stands() -> None:
    text = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
    checkpoint = Checkpoint.parse(text)
    assert (checkpoint.origin, checkpoint.size) == ("example.com/behind-the-sofa", 20_852_163)
    assert checkpoint.to_text() == text


def test_a_signed_checkpoint_opens_with_the_logs_key(note: str, signer: Any, ed25519: Any) -> None:
    assert open_note(note, signer.key(ORIGIN), ed25519) == CHECKPOINT
    assert note.startswith(f"{CHECKPOINT.to_text()}\n— {ORIGIN} ")


def test_extension_lines_are_kept_and_signed(signer: Any, ed25519: Any) -> None:
    checkpoint = Checkpoint(ORIGIN, 1, bytes(32), ("one", "two words"))
    note = sign(checkpoint, signer.public, signer.sign)
    assert open_note(note, signer.key(ORIGIN), ed25519) == checkpoint
    assert fault_of(note.replace("one\n", ""), signer.key(ORIGIN), ed25519) is Fault.BAD_SIGNATURE


@given(
    origin=st.from_regex(r"[a-z]{1,10}\.example(/[a-z0-9]{1,8}){0,3}", fullmatch=True),
    size=st.integers(0, MAX_INTEGER),
    root=st.binary(min_size=32, max_size=32),
)
def test_every_checkpoint_survives_signing_and_opening(
    origin: str, size: int, root: bytes, signer: Any, ed25519: Any
) -> None:
    checkpoint = Checkpoint(origin, size, root)
    note = sign(checkpoint, signer.public, signer.sign)
    assert open_note(note, signer.key(origin), ed25519) == checkpoint


def test_signatures_of_others_are_ignored(note: str, other_signer: Any, signer: Any, ed25519: Any) -> None:
    theirs = sign_text(CHECKPOINT.to_text(), other_signer.key("witness.example/w1"), other_signer.sign)
    line = theirs.rpartition("\n\n")[2]
    for both in (note + line, note.replace("\n\n", f"\n\n{line}")):
        assert open_note(both, signer.key(ORIGIN), ed25519) == CHECKPOINT
        assert open_text(both, other_signer.key("witness.example/w1"), ed25519) == CHECKPOINT.to_text()


def test_longer_signatures_of_other_algorithms_are_ignored(note: str, signer: Any, ed25519: Any) -> None:
    line = f"— {ORIGIN} {to_base64(bytes(4) + bytes(2420))}\n"
    assert open_note(note + line, signer.key(ORIGIN), ed25519) == CHECKPOINT


def test_one_key_that_signs_for_two_logs_can_not_pass_one_for_the_other(
    note: str, signer: Any, ed25519: Any
) -> None:
    other = signer.key("vault.example/tenant/2")
    data = from_base64(note.rsplit(" ", maxsplit=1)[-1].strip())
    assert data is not None
    relabelled = f"{CHECKPOINT.to_text()}\n— {other.name} {to_base64(other.key_id + data[4:])}\n"
    assert open_text(relabelled, other, ed25519) == CHECKPOINT.to_text()
    assert fault_of(relabelled, other, ed25519) is Fault.WRONG_ORIGIN


def test_a_note_signed_by_another_key_is_refused(
    note: str, signer: Any, other_signer: Any, ed25519: Any
) -> None:
    assert fault_of(note, other_signer.key(ORIGIN), ed25519) is Fault.UNKNOWN_KEY
    assert fault_of(note, signer.key("vault.example/tenant/2"), ed25519) is Fault.UNKNOWN_KEY


def test_a_forged_signature_under_the_right_name_and_id_is_refused(
    signer: Any, other_signer: Any, ed25519: Any
) -> None:
    forged = sign(CHECKPOINT, signer.public, other_signer.sign)
    assert fault_of(forged, signer.key(ORIGIN), ed25519) is Fault.BAD_SIGNATURE


@pytest.mark.parametrize("length", [1, 63, 65])
def test_a_signature_of_another_length_is_refused(length: int, signer: Any, ed25519: Any) -> None:
    key = signer.key(ORIGIN)
    note = f"{CHECKPOINT.to_text()}\n— {ORIGIN} {to_base64(key.key_id + bytes(length))}\n"
    assert fault_of(note, key, ed25519) is Fault.BAD_SIGNATURE


def test_no_byte_of_a_signed_checkpoint_can_change(note: str, signer: Any, ed25519: Any) -> None:
    data, key = note.encode(), signer.key(ORIGIN)
    for position in range(len(data)):
        for change in (
            bytes([data[position] ^ 1]),
            bytes([data[position] ^ 0x20]),
            b"",
            b"A" + data[position:][:1],
        ):
            spoiled = (data[:position] + change + data[position + 1 :]).decode(errors="replace")
            with pytest.raises(CheckpointError):
                open_note(spoiled, key, ed25519)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda note: note[:-1],
        lambda note: note + "\n",
        lambda note: note + "one more line\n",
        lambda note: note.replace("\n", "\r\n"),
        lambda note: note.replace("\n\n", "\n"),
        lambda note: note.replace("— ", "- "),
        lambda note: note.replace("— ", "—  "),
        lambda note: "\x01" + note,
        lambda note: note.replace("vault", "va\tult"),
        lambda note: note.replace("vault", "va\ud800ult"),
        lambda note: note + note.rpartition("\n\n")[2],
        lambda note: note + "— bad+name AAAAAAAA\n",
        lambda note: note + "— bad\u3000name AAAAAAAA\n",
        lambda note: note + "— short AAAAAA==\n",
        lambda note: note + "— spare AAAAAAB=\n",
        lambda note: note + "— unpadded AAAAAAA\n",
        lambda note: note.rpartition("\n\n")[0] + "\n",
        lambda note: "",
    ],
)
def test_a_text_that_is_no_note_is_refused(spoil: Any, note: str, signer: Any, ed25519: Any) -> None:
    assert fault_of(spoil(note), signer.key(ORIGIN), ed25519) is Fault.NOTE_FORMAT


def test_a_note_that_is_too_large_is_refused(note: str, signer: Any, ed25519: Any) -> None:
    line = "— witness.example AAAAAAAAAAAAAAAA\n"
    assert (
        fault_of(note + line * (MAX_LENGTH // len(line)), signer.key(ORIGIN), ed25519) is Fault.NOTE_TOO_LARGE
    )


ROOT = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="


@pytest.mark.parametrize(
    "text",
    [
        "",
        "o\n1\n",
        f"o\n1\n{ROOT}",
        f"\n1\n{ROOT}\n",
        f"o\n\n{ROOT}\n",
        f"o\n01\n{ROOT}\n",
        f"o\n+1\n{ROOT}\n",
        f"o\n-1\n{ROOT}\n",
        f"o\n 1\n{ROOT}\n",
        f"o\n1.0\n{ROOT}\n",
        f"o\n１\n{ROOT}\n",
        f"o\n9007199254740992\n{ROOT}\n",
        f"o\n3438945738945739845734895735\n{ROOT}\n",
        f"o\n1\n{ROOT[:-1]}\n",
        f"o\n1\n{ROOT[:-2]}9=\n",
        f"o\n1\n{ROOT[4:]}\n",
        f"o\n1\nAAAA{ROOT}\n",
        f"o\n1\n{ROOT} \n",
        f"o\n1\n{ROOT}\n\n",
        f"o\n1\n{ROOT}\n\nextension\n",
        "o\n1\nThisIsn'tBase64\n",
    ],
)
def test_a_text_that_is_no_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(CheckpointError) as refused:
        Checkpoint.parse(text)
    assert refused.value.fault is Fault.CHECKPOINT_FORMAT


@pytest.mark.parametrize(
    "fields",
    [
        ("", 1, bytes(32)),
        ("a\nb", 1, bytes(32)),
        ("a\rb", 1, bytes(32)),
        ("a", -1, bytes(32)),
        ("a", 1, bytes(31)),
    ],
)
def test_a_checkpoint_that_could_not_be_written_can_not_be_made(fields: tuple[str, int, bytes]) -> None:
    with pytest.raises(CheckpointError):
        Checkpoint(*fields)


@pytest.mark.parametrize("extension", ["", "a\nb", "a\rb"])
def test_an_extension_is_one_line_that_says_something(extension: str) -> None:
    with pytest.raises(CheckpointError):
        Checkpoint("a", 1, bytes(32), (extension,))


@pytest.mark.parametrize("origin", ["two words", "a+b", "全角　空白"])
def test_an_origin_that_can_be_no_key_name_is_not_signed(origin: str, signer: Any) -> None:
    with pytest.raises(CheckpointError) as refused:
        sign(Checkpoint(origin, 1, bytes(32)), signer.public, signer.sign)
    assert refused.value.fault is Fault.KEY_FORMAT


@pytest.mark.parametrize("text", ["no newline", "control\x07\n"])
def test_a_text_that_could_not_be_read_back_is_not_signed(text: str, signer: Any) -> None:
    with pytest.raises(CheckpointError):
        sign_text(text, signer.key("a"), signer.sign)


@pytest.mark.parametrize("item", [item["vector"] for item in PUBLISHED])
def test_published_notes_open_with_their_published_keys(item: dict[str, str], ed25519: Any) -> None:
    key = VerifierKey.parse(item["key"])
    text = open_text(item["note"], key, ed25519)
    assert text.startswith("If you think cryptography")
    assert str(key) == item["key"]


def test_no_part_or_neighbour_of_a_published_key_is_a_key() -> None:
    text = PUBLISHED[0]["vector"]["key"]
    parts = [text[i:j] for i in range(len(text)) for j in range(i + 1, len(text) + 1) if j - i < len(text)]
    neighbours = [text[:i] + chr(ord(text[i]) + 1) + text[i + 1 :] for i in range(len(text))]
    for spoiled in (
        parts
        + neighbours
        + [
            "PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==",
            "PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
            text.replace("c74f20a3", "C74F20A3"),
            f"{text}\n",
            "",
        ]
    ):
        with pytest.raises(CheckpointError) as refused:
            VerifierKey.parse(spoiled)
        assert refused.value.fault is Fault.KEY_FORMAT


@given(name=st.from_regex(r"[a-z./0-9]{1,30}", fullmatch=True), public=st.binary(min_size=32, max_size=32))
def test_a_verifier_key_reads_back_as_it_prints(name: str, public: bytes) -> None:
    key = VerifierKey(name, public)
    assert VerifierKey.parse(str(key)) == key


@pytest.mark.parametrize(("name", "size"), [("", 32), ("a b", 32), ("a+b", 32), ("a\n", 32), ("a", 31)])
def test_a_key_that_could_not_be_written_can_not_be_made(name: str, size: int) -> None:
    with pytest.raises(CheckpointError):
        VerifierKey(name, bytes(size))


@given(data=st.binary(max_size=70))
def test_base64_reads_back_and_has_one_spelling(data: bytes) -> None:
    text = to_base64(data)
    assert from_base64(text) == data
    assert from_base64(f"{text}\n") is None
    assert from_base64(f" {text}") is None
    if text.endswith("="):
        assert from_base64(text.rstrip("=")) is None


@given(number=st.integers(0, MAX_INTEGER))
def test_a_decimal_reads_back_and_has_one_spelling(number: int) -> None:
    assert from_decimal(str(number)) == number
    assert from_decimal(f"0{number}") is None
    assert from_decimal(f"{number}\n") is None
    assert from_decimal(f"+{number}") is None
    assert from_decimal(str(MAX_INTEGER + 1 + number)) is None


def test_refusals_say_what_to_do_in_both_languages() -> None:
    for fault in Fault:
        error = CheckpointError(fault, "here")
        assert error.message_ja.endswith("(here)")
        assert error.message_en.endswith("(here)")
        assert error.message_en.isascii()
        assert not error.message_ja.isascii()
