"""What can be wrong with a table as a file: a workbook, its sheets, its encoding. In Japanese and English."""

from typing import Final

TABLE_MESSAGES: Final = {
    "EXCEL_NOT_INSTALLED": (
        "Excelファイルを読む部品がありません。「pip install 'warifu[excel]'」で入れるか、CSVで保存してください。",
        "The part that reads workbooks is missing. Run: pip install 'warifu[excel]'. Or save as CSV (UTF-8).",
    ),
    "WORKBOOK_PASSWORD": (
        "パスワードで保護されています。Excelで開き、「ファイル」→「情報」→「ブックの保護」でパスワードを外して保存してください。",
        "The workbook has a password. Open it, remove it under File, Info, Protect Workbook, and save.",
    ),
    "WORKBOOK_BROKEN": (
        "Excelのファイルとして読めません(壊れているか別の形式)。Excelで開き、.xlsxかCSV UTF-8で保存し直してください。",
        (
            "This cannot be read as a workbook: it is damaged or something else. "
            "Open it in Excel and save it again as .xlsx or CSV (UTF-8)."
        ),
    ),
    "WORKBOOK_TOO_LARGE": (
        "ブックが大きすぎます。名簿のシートだけを新しいブックに値で貼り付けるか、「CSV UTF-8」で保存してください。",
        "The workbook is too large. Paste the list alone, as values, into a new one, or save it as CSV (UTF-8).",
    ),
    "TOO_MANY_ROWS": (
        "行が多すぎます({limit}行まで)。表の下の余分な行を削除するか、分けるか、「CSV UTF-8」で保存してください。",
        "There are more than {limit} rows. Delete what is far below the list, split it, or save it as CSV (UTF-8).",
    ),
    "TOO_MANY_COLUMNS": (
        "列が多すぎます({limit}列まで)。表の右の余分な列を削除して保存してください。",
        "There are more than {limit} columns. Delete those far to the right of the list and save it.",
    ),
    "NO_SUCH_SHEET": (
        "その名前のシートはありません。シート名: {sheets}",
        "There is no sheet of that name. The sheets are: {sheets}",
    ),
    "NO_SHEET_FOUND": (
        (
            "見出しのあるシートが見つかりません(確かめたシート: {looked}。非表示で見ていないシート: {hidden})。"
            "上から{rows}行以内に見出し({expected})を入れるか、シート名を指定してください。"
        ),
        (
            "No sheet has a header that is understood (looked at: {looked}; hidden and left alone: {hidden}). "
            "Put titles within the first {rows} rows ({expected}), or name the sheet."
        ),
    ),
    "WEB_PAGE_FILE": (
        "中身がHTMLかXMLです(名前だけが.xlsのファイル等)。Excelで開き、.xlsxかCSV UTF-8で保存し直してください。",
        (
            "This is HTML or XML inside, as files often are that are called .xls. "
            "Open it in Excel and save it as .xlsx or CSV (UTF-8)."
        ),
    ),
    "MIXED_ENCODINGS": (
        "文字コードが混ざっています。この行は{found}で、それより前は{first}です。一つの文字コードで保存し直してください。",
        "The encodings are mixed: this row is {found}, those before it are {first}. Save the file in one encoding.",
    ),
}

TABLE_ROW_MESSAGES: Final = {
    "MERGED_CELLS": (
        "結合されたセルがあり、この行の値が分かりません。セルの結合を解除し、1行ずつ値を入れてください。",
        "Cells are merged, so that this row's value is unknown. Unmerge them and fill in every row.",
    ),
    "HIDDEN_SHEETS": (
        "非表示のシートは読んでいません: {sheets}。必要なら再表示するか、シート名を指定してください。",
        "Hidden sheets were not read: {sheets}. If they matter, unhide them or name the sheet.",
    ),
    "OTHER_SHEETS": (
        "ほかのシートは読んでいません: {sheets}。必要ならシート名を指定してください。",
        "Other sheets were not read: {sheets}. If they matter, name the sheet.",
    ),
}
