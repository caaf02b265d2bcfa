"""The bytes of old files as text."""

import pytest

from broadsheet.sources.decoding import decoded


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ("Müller, 王".encode(), "Müller, 王"),
        (b"\xef\xbb\xbfplain", "plain"),
        ("Müller & Łódź née".encode("cp1250"), "Müller & £ódŸ née"),  # undeclared: as Western
        ("% Encoding: Cp1250\nŁódź".encode("cp1250"), "% Encoding: Cp1250\nŁódź"),
        ("author = {王小明}".encode("gbk"), "author = {王小明}"),
        ("Müller und Söhne".encode("latin-1"), "Müller und Söhne"),
        ("“quoted”, é".encode("cp1252"), "“quoted”, é"),
        (b"% Encoding: unicode_escape\n\\u0041\xe9", "% Encoding: unicode_escape\n\\u0041é"),
        (b"% Encoding: no-such-thing\n\xe9", "% Encoding: no-such-thing\né"),
        (b"% Encoding: gbk\n\xff \xe9", "% Encoding: gbk\nÿ é"),
        (b"\x81\xe9 \x8d", "\x81é \x8d"),
        (b"", ""),
    ],
)
def test_decoded(data: bytes, text: str) -> None:
    assert decoded(data) == text
