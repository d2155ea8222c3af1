"""An exported log as a file: one line of JSON for each leaf, which the SDKs read and verify offline."""

from tokenizer.audit.text import to_base64


def export_line(index: int, entry: bytes, leaf_hash: bytes) -> bytes:
    """Give the line of one leaf: `{"index":0,"entry":"<base64>","hash":"<base64>"}` and a newline.

    The hash is the stored one, not computed anew, so that a changed entry shows in the export.
    """
    line = f'{{"index":{index},"entry":"{to_base64(entry)}","hash":"{to_base64(leaf_hash)}"}}\n'
    return line.encode("ascii")
