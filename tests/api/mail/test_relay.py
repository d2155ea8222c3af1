"""The mail server as the settings name it: by TLS or on this machine, its password never shown."""

from dataclasses import replace
from pathlib import Path

import pytest

from api.mail.relay import Post, Relay, Security, post_of
from api.settings import FILE, Settings, SettingsError, load

BASE = Settings(
    data=Path("data"),
    keys=Path("keys"),
    mail_from="numbers@example.com",
    public_url="https://numbers.example.com",
)


def relay_of(smtp: str, **further: Path) -> Relay:
    post = post_of(replace(BASE, smtp=smtp, **further))
    assert post is not None
    return post.relay


def test_without_a_server_there_is_no_mail() -> None:
    assert post_of(BASE) is None


@pytest.mark.parametrize(
    ("smtp", "relay"),
    [
        ("smtps://mail.example.com", Relay(Security.TLS, "mail.example.com", 465)),
        ("smtps://mail.example.com:4465/", Relay(Security.TLS, "mail.example.com", 4465)),
        ("smtp+starttls://mail.example.com", Relay(Security.STARTTLS, "mail.example.com", 587)),
        ("smtp://localhost", Relay(Security.NONE, "localhost", 25)),
        ("smtp://[::1]:2525", Relay(Security.NONE, "::1", 2525)),
        (
            "smtps://us%40er:p%2Fw@mail.example.com",
            Relay(Security.TLS, "mail.example.com", 465, "us@er", "p/w"),
        ),
    ],
)
def test_the_address_says_server_security_and_who_we_are(smtp: str, relay: Relay) -> None:
    assert relay_of(smtp) == relay


@pytest.mark.parametrize(
    "smtp",
    [
        "mail.example.com",
        "http://mail.example.com",
        "smtps://",
        "smtps://mail.example.com:0",
        "smtps://mail.example.com:99999",
        "smtps://mail.example.com/path",
        "smtps://mail.example.com?starttls=no",
        "smtps://mail.example.com\n",
        "smtp://mail.example.com",
        "smtp://192.0.2.1",
        "smtps://user@mail.example.com",
        "smtps://:secret-word@mail.example.com",
    ],
)
def test_what_makes_no_sense_or_goes_unprotected_is_refused_without_being_repeated(smtp: str) -> None:
    with pytest.raises(SettingsError, match=r"smtp.* / .*smtp") as caught:
        relay_of(smtp)
    assert "example.com" not in str(caught.value)
    assert "secret-word" not in str(caught.value)


def test_the_password_comes_from_its_file(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("a secret word\n", encoding="utf-8")
    relay = relay_of("smtps://user@mail.example.com", smtp_password_file=file)
    assert (relay.user, relay.password) == ("user", "a secret word")
    with pytest.raises(SettingsError, match="mail server password file"):
        relay_of("smtps://user@mail.example.com", smtp_password_file=tmp_path / "none")


def test_neither_settings_nor_relay_show_the_password() -> None:
    settings = replace(BASE, smtp="smtps://user:secret-word@mail.example.com")
    assert "secret-word" not in repr(settings)
    assert "secret-word" not in repr(post_of(settings))


@pytest.mark.parametrize(
    "mail_from", ["", "numbers", "a@b@c", "a b@example.com", "a@example.com\nBcc: x@y.z"]
)
def test_an_address_that_mail_cannot_come_from_is_refused(mail_from: str) -> None:
    with pytest.raises(SettingsError, match="mail_from"):
        post_of(replace(BASE, smtp="smtp://localhost", mail_from=mail_from))


def test_mail_needs_to_know_where_its_links_lead() -> None:
    with pytest.raises(SettingsError, match="public_url"):
        post_of(replace(BASE, smtp="smtp://localhost", public_url=None))


def test_the_secret_of_a_link_stands_behind_the_hash() -> None:
    post = Post(Relay(Security.NONE, "localhost", 25), "a@b.test", "https://numbers.example.com")
    assert post.link("wfl_x") == "https://numbers.example.com/my#wfl_x"


@pytest.mark.parametrize("url", ["https://n.example.com/", "http://localhost:8470", "http://127.0.0.1:1"])
def test_pages_are_reached_by_https_or_on_this_machine(tmp_path: Path, url: str) -> None:
    (tmp_path / FILE).write_text(f'keys = "/srv/keys"\npublic_url = "{url}"\n', encoding="utf-8")
    assert load(tmp_path, {}).public_url == url.rstrip("/")


@pytest.mark.parametrize(
    "url",
    ["http://n.example.com", "n.example.com", "https://", "https://n.example.com/#x", "https://u@n.test"],
)
def test_an_address_of_pages_that_makes_no_sense_is_refused(tmp_path: Path, url: str) -> None:
    (tmp_path / FILE).write_text(f'keys = "/srv/keys"\npublic_url = "{url}"\n', encoding="utf-8")
    with pytest.raises(SettingsError, match=r"設定 public_url .* / setting public_url "):
        load(tmp_path, {})
