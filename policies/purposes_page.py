"""The catalogue of purposes as a page for people: `python -m policies.purposes_page > docs/purposes.md`."""

import sys
from collections.abc import Iterable

from policies.catalogue_table import Bilingual
from policies.purposes import (
    Catalogue,
    LegalBasis,
    OtherParty,
    PersonKind,
    Purpose,
    load_catalogue,
)

_PEOPLE: dict[str, Bilingual] = {
    PersonKind.EMPLOYEE: Bilingual("従業員", "employee"),
    PersonKind.SPOUSE: Bilingual("配偶者", "spouse"),
    PersonKind.DEPENDENT: Bilingual("扶養親族", "dependent"),
    PersonKind.PAYEE: Bilingual("支払を受ける者", "payee"),
    OtherParty.PAYER: Bilingual("支払者", "payer"),
    OtherParty.BROKER: Bilingual("仲介者", "broker"),
    OtherParty.CUSTOMER: Bilingual("金融機関等の顧客", "customer"),
    OtherParty.CLAIMANT: Bilingual("請求人", "claimant"),
}
_HEAD = """\
# 利用目的の目録 / Catalogue of purposes

`policies/purposes.toml` から作ったページです。直すときは TOML を直し、次の命令で作り直してください。

Made from `policies/purposes.toml`. To change it, edit the TOML and make the page anew:

```sh
python -m policies.purposes_page > docs/purposes.md
```

法的助言ではありません。unverified とある条文は、公表前に原典で確かめてください。
This is not legal advice. Articles marked unverified are to be checked against the source before anyone
relies on them.

版 / Version: {version}
"""


def page(catalogue: Catalogue) -> str:
    """The whole page, in Markdown."""
    purposes = catalogue.purposes.values()
    parts = [
        _HEAD.format(version=catalogue.version),
        "## 使える目的 / Offered\n",
        _table(
            (
                "コード / Code",
                "事務と書類 / Affair and document",
                "提出先 / To",
                "誰の番号 / Whose",
                "保存 / Kept",
                "条件 / Conditions",
            ),
            (_row(each) for each in catalogue.offered()),
        ),
        "## 既定では使えない目的、使えない目的 / Off by default, refused\n",
        *(_closed(each, each.reason) for each in purposes if each.reason is not None),
        "## 根拠条文 / Legal basis\n",
        _table(
            ("条文 / Article", "効力 / In force", "確認 / Checked", "目的 / Purposes", "補足 / Note"),
            (_article(basis, codes) for basis, codes in _cited(purposes).items()),
        ),
        "## 保存期間の数え方 / How retention is counted\n",
        _table(
            ("", "日本語", "English"),
            ((f"`{rule}`", text.ja, text.en) for rule, text in catalogue.retention_rules.items()),
        ),
        "## 法令名 / Laws\n",
        _table(("日本語", "English"), _laws(_cited(purposes))),
    ]
    return "\n".join(parts)


def _row(purpose: Purpose) -> tuple[str, ...]:
    affair = f"{_both(purpose.name)}<br>『{purpose.document.ja}』<br>{purpose.document.en}"
    return (
        f"`{purpose.code}`",
        affair,
        _both(purpose.destination),
        _whose(purpose),
        _kept(purpose),
        _conditions(purpose),
    )


def _closed(purpose: Purpose, reason: Bilingual) -> str:
    heading = f"### `{purpose.code}` {purpose.name.ja} / {purpose.name.en}\n"
    facts = f"{purpose.status} · {purpose.document.ja} / {purpose.document.en}\n"
    return "\n".join((heading, facts, reason.ja + "\n", reason.en + "\n"))


def _whose(purpose: Purpose) -> str:
    people = [_PEOPLE[each] for each in (*purpose.whose, *purpose.others)]
    return _both(Bilingual("・".join(each.ja for each in people), ", ".join(each.en for each in people)))


def _kept(purpose: Purpose) -> str:
    kept = purpose.retention
    period = f"**{kept.rule}**" + (f" {kept.years}年 / {kept.years} years" if kept.years else "")
    return f"{period}<br>{_both(kept.basis)} ({kept.confidence})"


def _conditions(purpose: Purpose) -> str:
    conditions = purpose.conditions
    if conditions is None:
        return ""
    said = [Bilingual(f"{conditions.since}から", f"from {conditions.since}")]
    if conditions.minimum_age is not None:
        said.append(Bilingual(f"{conditions.minimum_age}歳以上", f"aged {conditions.minimum_age} or older"))
    if conditions.person_consent:
        said.append(Bilingual("本人の同意が必要", "the person's consent"))
    if conditions.note is not None:
        said.append(conditions.note)
    if purpose.after_departure:
        said.append(Bilingual("退職後に提出する", "filed after the person has left"))
    return "<br>".join(_both(each) for each in said)


def _cited(purposes: Iterable[Purpose]) -> dict[LegalBasis, list[str]]:
    cited: dict[LegalBasis, list[str]] = {}
    for each in purposes:
        for basis in each.legal_basis:
            cited.setdefault(basis, []).append(f"`{each.code}`")
    return cited


def _article(basis: LegalBasis, codes: list[str]) -> tuple[str, ...]:
    dated = basis.valid_from or basis.valid_until
    span = f"{basis.valid_from or ''}〜{basis.valid_until or ''}" if dated else ""
    note = _both(basis.note) if basis.note else ""
    return basis.law.ja + basis.article, span, basis.confidence, " ".join(codes), note


def _laws(bases: Iterable[LegalBasis]) -> list[tuple[str, ...]]:
    return [(law.ja, law.en) for law in dict.fromkeys(basis.law for basis in bases)]


def _both(text: Bilingual) -> str:
    return f"{text.ja} / {text.en}"


def _table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [heads, ("---",) * len(heads), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


if __name__ == "__main__":
    sys.stdout.buffer.write(page(load_catalogue()).encode())
