"""What can be wrong with a list of people for a campaign, in Japanese and English. No value is ever repeated."""

from typing import Final

PEOPLE_FILE_MESSAGES: Final = {
    "NUMBER_COLUMN": (
        "個人番号の列があります。収集の名簿に個人番号は入れられません。この列を削除して保存し直してください。",
        "This is a column of Individual Numbers. A list for collecting them holds none: delete it and save.",
    ),
    "NUMBERS_IN_COLUMN": (
        "この列の値は個人番号のようです。個人番号なら列ごと削除し、別の番号なら先頭に文字を付けて保存し直してください。",
        (
            "The values of this column look like Individual Numbers. Delete the column if they are; "
            "if they are something else, put a letter before them."
        ),
    ),
}

PEOPLE_ROW_MESSAGES: Final = {
    "NUMBER_IN_CELL": (
        "個人番号と思われる12桁があります。収集の名簿からは消してください。別の番号なら先頭に文字を付けてください。",
        (
            "Here are 12 digits that look like an Individual Number. Remove them from this list; "
            "if they are something else, put a letter before them."
        ),
    ),
    "NAME_INCOMPLETE": (
        "姓と名のどちらかがありません。両方を入れてください。",
        "Either the family name or the given name is missing. Fill in both.",
    ),
    "ID_AS_QUANTITY": (
        "管理番号が指数や小数になっていて、桁が失われています。列の書式を「文字列」にして入れ直してください。",
        (
            "The id was turned into a quantity (exponent or fraction) and digits are gone. "
            "Set the column to text and enter it again."
        ),
    ),
    "BAD_POSTAL_CODE": (
        "郵便番号ではありません。7桁の数字(100-0001など)で入れてください。",
        "This is not a postal code. Write its 7 digits, like 100-0001.",
    ),
    "BAD_EMAIL": (
        "メールアドレスの形ではありません。1つだけ、name@example.jp のように入れてください。",
        "This is not an e-mail address. Write a single one, like name@example.jp.",
    ),
    "BAD_PHONE": (
        "電話番号ではありません。03-1234-5678 のように、市外局番から入れてください。",
        "This is not a phone number. Write it with its area code, like 03-1234-5678.",
    ),
    "UNKNOWN_CHANNEL": (
        "収集方法が分かりません。郵送、メール、QR、対面のどれかにしてください。",
        "The channel is unknown. Use one of: kit, email, qr, direct.",
    ),
    "BORN_LATER": (
        "生年月日が未来です。元号や年を確かめてください。",
        "The birth date is in the future. Check the era and the year.",
    ),
    "ADDRESS_MISSING": (
        "郵送する人の住所がありません(家族なら従業員の住所もありません)。住所を入れるか、方法を変えてください。",
        "A kit goes by post and there is no address, nor one of the employee. Fill it in or choose another way.",
    ),
    "POSTAL_CODE_MISSING": (
        "郵送する人の郵便番号がありません。届くのが遅れることがあります。",
        "A kit goes by post and there is no postal code. It may arrive late.",
    ),
    "EMAIL_MISSING": (
        "メールで依頼する人のメールアドレスがありません。入れるか、収集方法を変えてください。",
        "This person is to be asked by e-mail and has no address. Fill it in or choose another way.",
    ),
    "NO_CHANNEL": (
        "収集方法がない人が{count}人います(最初は{first}行目)。取り込むときに方法を選んでください。",
        "{count} people have no channel (the first in row {first}). Choose one when the list is taken.",
    ),
    "SAME_PERSON": (
        "{first}行目と氏名・生年月日が同じです。同じ人が二度入っていないか確かめてください。",
        "Row {first} has the same name and birth date. Check that nobody is in the list twice.",
    ),
    "SAME_EMAIL": (
        "{first}行目と同じメールアドレスです。依頼がほかの人に届くので、本人のアドレスか確かめてください。",
        "Row {first} has the same e-mail address. The request would reach somebody else: check whose it is.",
    ),
    "SAME_MEANING": (
        "ほかの列と同じ意味の列です。左の列だけを使い、この列は読んでいません。",
        "This column means what one to its left does, which was used; this one was not read.",
    ),
    "ZERO_RESTORED": (
        "先頭の0が消えた値が{count}件あり、0を補いました(最初は{first}行目)。列の書式を「文字列」にすると防げます。",
        (
            "{count} values had lost leading zeros, which were put back (the first in row {first}). "
            "Set the column to text to avoid it."
        ),
    ),
    "IDS_ARE_QUANTITIES": (
        "管理番号が数値のセルです({count}件、最初は{first}行目)。先頭の0が表示だけのものなら消えています。番号を確かめてください。",
        (
            "{count} ids are quantities (the first in row {first}). Zeros that were merely displayed are gone: "
            "check the ids."
        ),
    ),
    "DECIMAL_REMOVED": (
        "管理番号の末尾の「.0」を取りました({count}件、最初は{first}行目)。番号を確かめてください。",
        '".0" was taken off {count} ids (the first in row {first}). Check them.',
    ),
}
