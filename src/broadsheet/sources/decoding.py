"""The bytes of old files as text: UTF-8, what the file says of itself, GBK, Western European."""

import codecs
import re

_DECLARED = re.compile(rb"^%[ \t]*encoding:[ \t]*([\w-]{3,20})", re.IGNORECASE | re.MULTILINE)
_TRUSTED = re.compile(
    r"utf-8|iso8859-(?:1|2|15)|cp125[012]|koi8-r|gbk|gb2312|gb18030|big5|shift_jis|euc_(?:jp|kr)"
)
_HIGH = re.compile(rb"[\x80-\xff]+")
_HEAD_BYTES = 4_096
_SAMPLE_BYTES = 1_000_000


def decoded(data: bytes) -> str:
    """Return bytes as text; what no encoding explains comes out as Western European letters."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass
    for name in (_declared(data), "gb18030" if _looks_chinese(data) else "", "cp1252"):
        if not name:
            continue
        try:
            return data.decode(name)
        except UnicodeDecodeError:
            continue
    return data.decode("latin-1")


def _declared(data: bytes) -> str:
    """Return the encoding that a line as `% Encoding: GBK` names, "" for none that is known."""
    match = _DECLARED.search(data, 0, _HEAD_BYTES)
    if match is None:
        return ""
    try:
        name = codecs.lookup(match[1].decode()).name
    except LookupError:
        return ""
    return name if _TRUSTED.fullmatch(name) else ""


def _looks_chinese(data: bytes) -> bool:
    """Whether bytes over 127 come in pairs, which accented letters between plain ones do not."""
    runs = _HIGH.findall(data[:_SAMPLE_BYTES])
    return sum(len(run) % 2 == 0 for run in runs) >= 0.9 * len(runs)
