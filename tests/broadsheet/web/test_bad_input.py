"""Whatever is asked, the answer is a page with a sentence; never 500, never a stack trace."""

from contextlib import nullcontext
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

SCRIPTS = ["Ελληνικά", "עברית", "العربية", "हिन्दी", "中文检索", "日本語", "한국어", "🙂", "e\u0301"]
UNBALANCED = [
    '"a b',
    "(a",
    "a AND",
    "NOT",
    '""',
    "a:b:c",
    "title:",
    "[a TO",
    "*",
    "?",
    "~",
    "^2",
    "\\",
]


@pytest.mark.parametrize("text", [*SCRIPTS, *UNBALANCED, "the of and", "!?.,;:", "a\0b", " "])
def test_any_text_is_searched_for_or_shown_with_its_fault(client, parse, text):
    answer = client.get(f"/search?q={quote(text)}")
    if answer.status_code != 200:
        assert answer.status_code == 422
        page = parse(answer.text)
        assert page.having("mark")
        assert page.having("input", name="q", value=text.strip())


def test_a_fault_is_marked_where_it_stands(client, parse):
    page = parse(client.get("/search", params={"q": "seeds <b> cta:cs.CL"}).text)
    assert "did you mean" in page.text
    assert "seeds <b> cta:cs.CL" in page.text
    assert client.get("/search", params={"q": "seeds " * 1_000}).status_code == 422


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("/search?page=0", "'page' must be a number from 1 to 500; got '0'."),
        ("/search?page=abc", "'page' must be a number"),
        ("/search?from=2021-13", "is not in the calendar"),
        ("/search?to=yesterday", "must be YYYY"),
        ("/search?colour=red", "'colour' is no search parameter."),
        ("/search?sort=votes", "'sort' must be one of"),
        ("/search?q=a&q=b", "'q' may be given once."),
        ("/?utm_source=x", "This page takes no 'utm_source'."),
        ("/2024?cat=cs.CL", "This page takes no 'cat'; only 'page'."),
        ("/c/cs.CL?page=-1", "'page' must be a number"),
        ("/about?x=1", "This page takes no 'x'."),
    ],
)
def test_a_wrong_parameter_is_422_with_a_sentence(client, parse, path, sentence):
    answer = client.get(path)
    assert answer.status_code == 422
    assert sentence in parse(answer.text).text
    assert "<h1>That cannot be answered</h1>" in answer.text


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("/nothing-here", "is not a day, week, month or year"),
        ("/2021-02-30", "is not in the calendar"),
        ("/2021/W54", "is not in the calendar"),
        ("/2021/W5", "is not a day, week, month or year"),
        ("/0001", "No papers can be of the year 1."),
        ("/9999-12-31", "No papers can be of the year 9999."),
        ("/days/9999", "No papers can be of the year 9999."),
        ("/2012-03-05?page=4", "There is no page 4 here: 3 is the last."),
        ("/c/nope", "No paper here is in the category 'nope'."),
        ("/c/nope/2024", "No paper here is in the category 'nope'."),
        ("/c/cs.CL/nope", "is not a day, week, month or year"),
        ("/a/nobody-at-all", "No paper here bears the name 'nobody-at-all'."),
        ("/a/...", "No paper here bears the name"),
        ("/paper/9999.99999", "There is no paper '9999.99999' here."),
        ("/paper/", "There is no paper '' here."),
        ("/paper/9999.99999.bib", "There is no paper '9999.99999' here."),
        ("/static/paper.css", "There is no such page."),
        ("/a/b/c/d", "'c/d' is not a day, week, month or year"),
        ("/x/b/c/d", "There is no such page."),
    ],
)
def test_what_is_not_there_is_404_with_a_sentence_and_a_search_box(client, parse, path, sentence):
    answer = client.get(path)
    page = parse(answer.text)
    assert answer.status_code == 404
    assert sentence in page.text
    assert page.having("input", name="q")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_nothing_can_be_changed(client, method):
    own = {"Sec-Fetch-Site": "same-origin"}
    assert client.request(method, "/search", headers=own).status_code == 405
    assert client.request(method, "/search").status_code == 403


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.text(st.characters(codec="utf-8"), max_size=60))
def test_any_path_has_an_answer(client, path):
    for prefix in ("/", "/paper/", "/a/", "/c/", "/c/cs.CL/", "/days/", "/static/"):
        answer = client.get(prefix + quote(path, safe="/"))
        assert answer.status_code in (200, 301, 307, 404, 422), (prefix, path, answer.status_code)
        assert "Traceback" not in answer.text


_NAMES = "q cat from to author venue source sort mode page per_page other"
NAMES = st.sampled_from(_NAMES.split())
VALUES = st.text(st.characters(codec="utf-8"), max_size=30) | st.sampled_from(
    ["2024", "2024-05", "cs.CL", "newest", "meaning", "1", "500", '"', "\0"]
)


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.tuples(NAMES, VALUES), max_size=6))
def test_any_query_has_an_answer(client, pairs):
    answer = client.get("/search", params=pairs)
    assert answer.status_code in (200, 422), (pairs, answer.text[-800:])


def test_a_failure_is_a_page_without_a_trace(services, make_client, parse, caplog):
    class Broken:
        snapshot = nullcontext

        def last_change(self):
            raise RuntimeError("secret detail")

    client = make_client(services)
    client.app.routes[-1].app.state.site.reading.reading = Broken()
    answer = client.get("/")
    assert answer.status_code == 500
    assert "The press has stopped" in parse(answer.text).text
    assert "secret detail" not in answer.text
    assert "default-src 'self'" in answer.headers["content-security-policy"]
    assert "secret detail" in caplog.text
