"""PKCS#11 URIs (RFC 7512): what is taken, what is refused, and that no PIN hides in one."""

from pathlib import Path

import pytest

from tokenizer.providers.pkcs11_uri import Pkcs11Uri, Pkcs11UriError

MODULE = "module-path=/usr/lib/hsm.so"


def test_a_uri_names_module_token_and_the_file_of_the_pin() -> None:
    uri = Pkcs11Uri.parse(f"pkcs11:token=warifu;serial=12ab?{MODULE}&pin-source=file:/run/warifu/pin")
    assert uri == Pkcs11Uri(
        Path("/usr/lib/hsm.so"), {"token": "warifu", "serial": "12ab"}, Path("/run/warifu/pin")
    )


def test_values_are_percent_encoded_utf_8() -> None:
    text = f"pkcs11:token=%E5%89%B2%E7%AC%A6%20%3B1;manufacturer=A%26B;model=m;slot-id=7?{MODULE}"
    assert Pkcs11Uri.parse(text).token == {
        "token": "割符 ;1",
        "manufacturer": "A&B",
        "model": "m",
        "slot-id": "7",
    }


def test_a_pin_file_may_be_a_plain_path_and_may_be_left_out() -> None:
    assert Pkcs11Uri.parse(f"pkcs11:token=t?{MODULE}&pin-source=/run/pin").pin_file == Path("/run/pin")
    assert Pkcs11Uri.parse(f"pkcs11:token=t?{MODULE}").pin_file is None


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("token=t", "begin with pkcs11:"),
        (f"pkcs11:?{MODULE}", "name the token"),
        ("pkcs11:token=t", "name the library"),
        ("pkcs11:token=t?module-name=hsm", "attributes are module-path, pin-source"),
        (f"pkcs11:token=t;token=u?{MODULE}", "each once"),
        (f"pkcs11:token=t;object=key?{MODULE}", "attributes are manufacturer, model"),
        (f"pkcs11:token?{MODULE}", "attributes are"),
        (f"pkcs11:token=%FF?{MODULE}", "token is not UTF-8"),
        (f"pkcs11:slot-id=0x1?{MODULE}", "decimal"),
        (f"pkcs11:token=t?{MODULE}&pin-source=|/usr/bin/ask", "absolute path"),
        (f"pkcs11:token=t?{MODULE}&pin-source=file:pin", "absolute path"),
    ],
)
def test_what_would_be_ignored_or_run_is_refused_in_both_languages(text: str, reason: str) -> None:
    with pytest.raises(Pkcs11UriError, match=reason) as refused:
        Pkcs11Uri.parse(text)
    assert reason in refused.value.message_en
    assert "RFC 7512" in refused.value.message_ja


def test_a_pin_in_the_uri_is_refused_and_not_repeated() -> None:
    with pytest.raises(Pkcs11UriError, match="keep the PIN out") as refused:
        Pkcs11Uri.parse(f"pkcs11:token=t?{MODULE}&pin-value=918273")
    assert "918273" not in str(refused.value)
