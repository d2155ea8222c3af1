"""`docs/exports.md` names the columns that the files have."""

from pathlib import Path

from custody.export.export import SHEETS

PAGE = (Path(__file__).parents[3] / "docs" / "exports.md").read_text(encoding="utf-8").splitlines()


def test_the_page_has_every_column_of_every_file_in_order() -> None:
    for file, sheet in SHEETS.items():
        columns = ", ".join(f"{japanese} `{english}`" for japanese, english in sheet.titles)
        assert f"| `{file.value}.csv` | {columns} |" in PAGE
