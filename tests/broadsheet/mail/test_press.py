"""Letters as they are set: what stands in them, whatever a paper's title holds."""

from datetime import UTC, date, datetime
from email import message_from_bytes
from email.policy import default
from html.parser import HTMLParser

import pytest

from broadsheet.mail import MailPress
from broadsheet.model.letters import Chapter, Digest, Envelope, Told
from broadsheet.model.paper import Author, Paper
from broadsheet.services.prose.plain import to_plain

STOP = "https://paper.example/u/abc.def"
HOSTILE = [
    'x\r\nBcc: all@example.org\r\n\r\nbody "quoted"',
    "<script>alert(1)</script> & <b>bold</b>",
    "a\u202eb\x00c\u2028d",
    "=?utf-8?q?encoded?=",
    "." * 900,
    "表題\U0001f600",
    r"On $\mathcal{O}(n\log n)$ bounds",
]


def paper(title="A title", text="Some text.", key=1):
    return Paper(
        key=key,
        id=f"2011.{key:05d}",
        title=title,
        abstract=text,
        summary="",
        authors=(Author(name="Ada Quill", key="ada"), Author(name="Bea <Rose>", key="bea")),
        categories=("cs.IR",),
        day="2026-11-20",
        submitted=None,
        updated=None,
        announced=None,
        venue="",
        comment="",
        journal_ref="",
        licence="",
        arxiv_id=None,
        doi=None,
    )


@pytest.fixture(scope="module")
def press():
    return MailPress(
        title="The Paper",
        address="https://paper.example",
        plain=to_plain,
        paper_path=lambda p: f"/paper/{p.id}",
    )


def digest(*papers, why="6 votes"):
    told = tuple(Told(paper=p, why=why) for p in papers)
    chapter = Chapter(heading="Trending", address="https://paper.example/trending", papers=told)
    return Digest(
        day=date(2026, 11, 20),
        is_weekly=True,
        chapters=(chapter,) if papers else (),
        stop=STOP,
        settings="https://paper.example/subscribe",
    )


def envelope(subject="News", **given):
    return Envelope(
        sender="The Paper <paper@example.org>",
        to="a@example.org",
        subject=subject,
        message_id="<digest.1@example.org>",
        date=datetime(2026, 11, 20, 7, tzinfo=UTC),
        list_id="digest.example.org",
        stop=STOP,
        **given,
    )


def set_letter(press, made):
    return message_from_bytes(press.digest(made, envelope(press.subject(made))), policy=default)


class Elements(HTMLParser):
    def __init__(self, html):
        super().__init__()
        self.tags, self.links = [], []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.links += [v for n, v in attrs if n in ("href", "src")]
        assert not any(n.startswith("on") for n, _ in attrs)


def test_a_letter_has_what_mail_needs(press):
    letter = set_letter(press, digest(paper()))
    assert letter["From"] == "The Paper <paper@example.org>"
    assert letter["Subject"] == "A title"
    assert letter["Message-ID"] == "<digest.1@example.org>"
    assert letter["Date"] == "Fri, 20 Nov 2026 07:00:00 +0000"
    assert letter["List-Id"] == "<digest.example.org>"
    assert letter["List-Unsubscribe"] == f"<{STOP}>"
    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter["Precedence"] == "bulk"
    assert letter.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in letter.iter_parts()] == ["text/plain", "text/html"]


def test_the_text_is_whole_by_itself(press):
    text = set_letter(press, digest(paper())).get_body(("plain",)).get_content()
    for said in (
        "Friday, 20 November 2026",
        "TRENDING",
        "A title",
        "Ada Quill and Bea <Rose>",
        "Some text.",
        "(6 votes)",
        "https://paper.example/paper/2011.00001",
        STOP,
    ):
        assert said in text
    assert max(map(len, text.splitlines())) <= 78


def test_the_html_asks_nobody_for_anything(press):
    html = set_letter(press, digest(paper())).get_body(("html",)).get_content()
    found = Elements(html)
    assert not {"img", "script", "link", "iframe"} & set(found.tags)
    assert "url(" not in html
    assert all(link.startswith("https://paper.example") for link in found.links)
    assert "prefers-color-scheme: dark" in html


@pytest.mark.parametrize("title", HOSTILE)
def test_no_title_breaks_out_of_its_place(press, title):
    raw = press.digest(digest(paper(title, title)), envelope(press.subject(digest(paper(title)))))
    letter = message_from_bytes(raw, policy=default)
    assert letter["Bcc"] is None
    assert letter["To"] == "a@example.org"
    assert "\n" not in letter["Subject"]
    assert len(list(letter.iter_parts())) == 2
    tags = Elements(letter.get_body(("html",)).get_content()).tags
    assert "script" not in tags
    assert "b" not in tags
    assert max(map(len, raw.split(b"\r\n"))) <= 998


def test_tex_is_read_in_letters(press):
    letter = set_letter(press, digest(paper(r"On $\alpha$-stable $L^p$ spaces")))
    assert letter["Subject"] == "On α-stable L^p spaces"


def test_a_large_letter_stays_under_a_hundred_kilobytes(press):
    many = [paper(f"Title {n} " + "word " * 30, "A long sentence. " * 400, n) for n in range(180)]
    html = set_letter(press, digest(*many)).get_body(("html",)).get_content()
    assert len(html.encode()) < 100_000
    assert "Title 179" in html


def test_the_subject_names_the_first_and_counts_the_others(press):
    assert press.subject(digest(paper(), paper(key=2), paper(key=3))) == "A title and 2 more"
    assert "nothing new" in press.subject(digest())
    assert len(press.subject(digest(paper("word " * 200)))) < 120


def test_an_empty_digest_says_so(press):
    letter = set_letter(press, digest())
    assert "Nothing new passed" in letter.get_body(("plain",)).get_content()
    assert "Nothing new passed" in letter.get_body(("html",)).get_content()


def test_a_note_has_its_link_in_both_parts(press):
    raw = press.note(
        envelope(), lines=("One <line>.",), link="https://paper.example/confirm/x", action="Yes"
    )
    letter = message_from_bytes(raw, policy=default)
    for kind in ("plain", "html"):
        assert "https://paper.example/confirm/x" in letter.get_body((kind,)).get_content()
    assert "One &lt;line&gt;." in letter.get_body(("html",)).get_content()
