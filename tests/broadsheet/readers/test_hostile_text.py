"""Titles, abstracts, authors, notes, tags, names: whatever they hold, it is text."""

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broadsheet.services.prose.markdown import markdown_html

ID = "2005.66666"


class Elements(HTMLParser):
    """The elements of a page, and what is odd about them."""

    def __init__(self, html):
        super().__init__()
        self.odd = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag in ("img", "iframe", "object", "embed", "style", "base"):
            self.odd.append(tag)
        if tag == "script" and not str(given.get("src", "")).startswith("/static/"):
            self.odd.append(tag)
        self.odd += [name for name in given if name.startswith("on") or name == "style"]
        for name in ("href", "src", "action", "formaction"):
            if name in given and not re.match(r"/|#|https?://", given[name] or "/"):
                self.odd.append(given[name])


def test_every_page_shows_hostile_text_as_text(people, bad):
    ada, post = people.reader("Ada"), people.ada.post
    tag = bad.replace("/", "")[:30]
    post("/mark", data={"do": f"save {ID}"})
    post("/mark", data={"do": f"tag {ID}", "tag": tag})
    post("/mark", data={"do": f"note {ID}", "note": f"{bad}\n\n</textarea>{bad} [x](javascript:a)"})
    post("/follow", data={"kind": "topic", "value": bad})
    post("/follow", data={"kind": "author", "value": f"Mallory {bad}"})
    form = {"name": bad, "about": f"{bad}</textarea>", "visibility": "public"}
    where = post("/collections", data=form).headers["location"]
    post(f"{where}/papers", data={"paper": ID})
    people.services.accounts.accounts.add_reader(name="Zed", role="reader")
    kept_tag = people.services.marks.tags(ada)[0].tag
    assert "<script>" in kept_tag
    from broadsheet.web.addresses import tag_address, topic_address

    paths = [
        *("/", "/2020-05-03", "/c/cs.CL", f"/paper/{ID}", "/search?q=hostile", "/saved", "/tags"),
        *(f"/2020-05-03?did=save:{ID}", "/following", "/collections", where, "/noted"),
        *(tag_address(kept_tag), topic_address(bad), f"{topic_address(bad)}/2020-05-03"),
    ]
    for path in paths:
        page = people.ada.get(path)
        assert page.status_code == 200, path
        assert Elements(page.text).odd == [], path
    assert Elements(people.nobody.get(where).text).odd == []
    part = post("/mark", data={"do": f"never {ID}"}, headers={"X-Part": "line"}).json()
    assert Elements(part["line"]).odd == Elements(part["notice"]).odd == []
    assert "onerror" in part["notice"]


def test_the_search_for_what_is_odd_finds_it():
    assert Elements('<img src="x" onerror="y"><a href="javascript:x">').odd == [
        *("img", "onerror", "x", "javascript:x"),
    ]


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("a *b* **c** `d<`", "<p>a <em>b</em> <strong>c</strong> <code>d&lt;</code></p>"),
        ("<b>a</b>", "<p>&lt;b&gt;a&lt;/b&gt;</p>"),
        ("[a](javascript:x)", "<p>[a](javascript:x)</p>"),
        ("[a](JAVASCRIPT&colon;x)", "<p>[a](JAVASCRIPT:x)</p>"),
        ("[a](data:text/html,x)", "<p>[a](data:text/html,x)</p>"),
        ("[a](/local)", "<p>[a](/local)</p>"),
        ("[a](//x.org)", "<p>[a](//x.org)</p>"),
        ("# Heading", "<p># Heading</p>"),
        ("a\n===", "<p>a\n===</p>"),
        (
            "[a](https://x.org 't')",
            '<p><a href="https://x.org" title="t" rel="nofollow noopener noreferrer">a</a></p>',
        ),
        ("<https://x.org>", None),
        (
            "![a](https://x.org/a.png)",
            '<p>!<a href="https://x.org/a.png" rel="nofollow noopener noreferrer">a</a></p>',
        ),
    ],
)
def test_markdown_is_text_and_links(text, html):
    made = markdown_html(text).strip()
    assert made == html if html else 'rel="nofollow noopener noreferrer"' in made


_TAGS = {"p", "em", "strong", "code", "pre", "a", "ul", "ol", "li", "blockquote", "br"}


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [
                *("<", ">", '"', "'", "&", "[", "]", "(", ")", "!", "`", "*", "_", "\n", "\n\n"),
                *("javascript:", "https://x", "data:", "onerror=", "<script>", "<!--", "\\", ":"),
                *("#", "- ", "> ", "    ", "```", "&lt;", "&#x6a;", "\0", "[r]: ", "www.x.org"),
            ]
        )
        | st.text(max_size=3),
        max_size=30,
    )
)
def test_whatever_a_note_holds_only_text_and_links_come_of_it(parts):
    html = markdown_html("".join(parts))

    class Safe(HTMLParser):
        def handle_starttag(self, tag, attrs):
            assert tag in _TAGS
            given = dict(attrs)
            assert given.keys() <= {"href", "rel", "title", "class", "start"}
            if "href" in given:
                assert tag == "a"
                assert re.match(r"https?://", given["href"], re.IGNORECASE)
                assert given["rel"] == "nofollow noopener noreferrer"
            if "class" in given:
                assert given["class"].startswith("language-")

    parser = Safe()
    parser.feed(html)
    parser.close()
