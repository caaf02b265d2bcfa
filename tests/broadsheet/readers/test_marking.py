"""Marking papers on pages: what is done, said, undone, and where one comes back to."""

ID = "2005.00001"
LINE = f'<div class="line" data-paper="{ID}">'
SCRIPT = {"X-Part": "line"}


def mark(client, do, **fields):
    return client.post("/mark", data={"do": do, "back": "/2020-05-04", **fields})


def test_saving_comes_back_with_a_notice_that_undoes(people):
    answer = mark(people.ada, f"save {ID}")
    assert answer.status_code == 303
    where = answer.headers["location"]
    assert where == f"/2020-05-04?did=save%3A{ID}#p-{ID}"
    page = people.ada.get(where).text
    assert "<p>Saved. " in page
    assert f'name="act" value="save:{ID}"' in page
    assert f'value="unsave {ID}"' in page
    undone = people.ada.post("/undo", data={"act": f"save:{ID}", "back": where})
    assert undone.status_code == 303
    assert undone.headers["location"] == f"/2020-05-04#p-{ID}"
    page = people.ada.get("/2020-05-04").text
    assert "<p>Saved. " not in page
    assert f'value="save {ID}"' in page
    assert people.ada.post("/undo", data={"act": f"save:{ID}"}).status_code == 404


def test_a_notice_is_shown_for_ones_own_acts_alone(people):
    where = mark(people.ada, f"save {ID}").headers["location"]
    for other in (people.bo, people.nobody):
        page = other.get(where)
        assert page.status_code == 200
        assert "Saved. " not in page.text
        assert "act" not in page.text.partition('id="notice"')[2].partition("</div>")[0]
    assert people.bo.post("/undo", data={"act": f"save:{ID}"}).status_code == 404
    assert people.services.marks.page(people.reader("Ada"), "saved").total == 1


def test_a_made_up_notice_is_none(people):
    for did in ("save", "save:", "save:9999.99999", "x:y", "open:" + ID, "%00"):
        page = people.ada.get(f"/2020-05-04?did={did}")
        assert page.status_code == 200
        assert "Undo" not in page.text, did


ELSEWHERE = [
    *("https://evil.example/", "//evil.example", "/\\evil.example", "\\\\evil.example", "x"),
    *("/\t/evil.example", "javascript:alert(1)", "", " /x", "/a\nb", "http:evil.example"),
]


def test_one_comes_back_to_this_site_alone(people):
    for back in ELSEWHERE:
        answer = people.ada.post("/mark", data={"do": f"save {ID}", "back": back})
        assert answer.status_code == 303
        assert answer.headers["location"].startswith(f"/?did=save%3A{ID}"), back


def test_the_rest_of_the_address_is_kept(people):
    answer = mark(people.ada, f"up {ID}", back="/search?q=sea+%26+x&page=1&did=save:other")
    assert answer.headers["location"] == f"/search?q=sea+%26+x&page=1&did=up%3A{ID}#p-{ID}"


def test_a_vote_is_pressed_and_taken_back_by_the_same_button(people):
    mark(people.ada, f"up {ID}")
    line = people.ada.get("/2020-05-04").text.partition(LINE)[2].partition("</div>")[0]
    assert f'value="unvote {ID}" data-key="up" class="sign" aria-pressed="true"' in line
    mark(people.ada, f"down {ID}")
    mark(people.ada, f"unvote {ID}")
    assert people.services.marks.page(people.reader("Ada"), "voted").total == 0


def test_a_script_gets_the_line_alone(people):
    answer = people.ada.post("/mark", data={"do": f"never {ID}"}, headers=SCRIPT).json()
    assert answer["paper"] == ID
    assert answer["gone"] is True
    assert answer["line"].startswith(LINE)
    assert "Show again" in answer["line"]
    assert f'value="never:{ID}"' in answer["notice"]
    undone = people.ada.post("/undo", data={"act": f"never:{ID}"}, headers=SCRIPT).json()
    assert (undone["gone"], "Undone." in undone["notice"]) == (False, True)


def test_pressed_twice_it_can_still_be_undone_and_undone_once(people):
    sent = {"do": f"save {ID}", "back": "/2020-05-04"}
    for _ in range(2):
        answer = people.ada.post("/mark", data=sent, headers=SCRIPT).json()
        assert f'value="save:{ID}"' in answer["notice"]
        assert 'name="back" value="/2020-05-04"' in answer["line"]
    undo = {"act": f"save:{ID}"}
    assert people.ada.post("/undo", data=undo, headers=SCRIPT).status_code == 200
    assert people.ada.post("/undo", data=undo, headers=SCRIPT).status_code == 404
    nothing = people.ada.post("/mark", data={"do": f"unread {ID}"}, headers=SCRIPT).json()
    assert "It was so already." in nothing["notice"]
    assert "Undo" not in nothing["notice"]


def test_tags_and_notes(people):
    mark(people.ada, f"tag {ID}", tag=" To Read ")
    mark(people.ada, f"note {ID}", note="It is *good*: [see](https://example.org/)")
    page = people.ada.get(f"/paper/{ID}").text
    assert '<a class="tag" href="/tags/to%20read">to read</a>' in page
    assert "<em>good</em>" in page
    assert 'rel="nofollow noopener noreferrer">see</a>' in page
    assert "Whales of the sea 1" in people.ada.get("/tags/to%20read").text
    assert people.ada.get("/tags/To%20Read").headers["location"] == "/tags/to%20read"
    mark(people.ada, f"untag {ID} to read")
    assert people.ada.get("/tags/to%20read").status_code == 404


def test_the_longest_note_fits_a_form_in_any_script(people):
    assert mark(people.ada, f"note {ID}", note="鲸" * 20_000).status_code == 303
    assert "鲸鲸" in people.ada.get(f"/paper/{ID}").text


WHAT_CANNOT_BE = [
    ({"do": "save 9999.99999"}, 404),
    ({"do": f"explode {ID}"}, 422),
    ({"do": f"open {ID}"}, 422),
    ({"do": ""}, 404),
    ({}, 404),
    ({"do": f"tag {ID}", "tag": "a/b"}, 422),
    ({"do": f"tag {ID}"}, 422),
    ({"do": f"note {ID}", "note": "x" * 20_001}, 422),
    ({"do": f"note {ID}", "note": "x" * 400_001}, 413),
]


def test_what_cannot_be_is_refused_with_a_sentence(people):
    for fields, status in WHAT_CANNOT_BE:
        answer = people.ada.post("/mark", data=fields)
        assert answer.status_code == status, fields
        assert "<h1>" in answer.text or status == 413  # refused before any page


def test_only_forms_are_read(people):
    assert people.ada.post("/mark", json={"do": f"save {ID}"}).status_code == 422
    assert people.ada.post("/mark", files={"do": b"x"}).status_code == 422
    many = "&".join(f"a{i}=1" for i in range(200))
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert people.ada.post("/mark", content=many, headers=form).status_code == 422
    assert people.ada.get("/mark").status_code in (404, 405)


def test_what_is_never_to_be_shown_is_left_out_of_every_list(people):
    before = {path: people.ada.get(path).text for path in _LISTS}
    assert all(f"/paper/{ID}?at=" in text for text in before.values())
    mark(people.ada, f"never {ID}")
    for path in _LISTS:
        page = people.ada.get(path).text
        assert f"/paper/{ID}" not in page, path
        assert f"/paper/{ID}" in people.bo.get(path).text, path
        assert "2005.00002" in page, path
    assert ID not in people.ada.get("/search.bib?q=whales").text
    assert ID not in people.ada.get("/paper/2005.00002").text
    assert ID in people.ada.get("/never").text
    assert people.ada.get(f"/paper/{ID}").status_code == 200
    mark(people.ada, f"again {ID}")
    assert f"/paper/{ID}" in people.ada.get("/2020-05-04").text


_LISTS = [
    *("/", "/2020-05-04", "/2020/W19", "/c/cs.LG", "/a/one-author", "/c/cs.LG/2020-05"),
    *("/search?q=whales", "/search", "/search?cat=cs.CL&author=one-author"),
]


def test_readers_share_a_feed_but_for_who_hides_something(people):
    path = "/2020-05-04.atom"
    tags = {who: getattr(people, who).get(path).headers["etag"] for who in ("nobody", "ada", "bo")}
    assert len(set(tags.values())) == 1
    assert people.ada.get(path).headers["cache-control"].startswith("private")
    mark(people.ada, f"never {ID}")
    hidden = people.ada.get(path)
    assert ID not in hidden.text
    assert hidden.headers["etag"] != tags["ada"]
    assert ID in people.bo.get(path).text
    mark(people.ada, f"again {ID}")
    assert ID in people.ada.get(path).text


def test_pages_stay_whole_when_papers_are_left_out(people, put, records):
    put(people.services, records(60, first=100))
    for i in range(100, 110):
        mark(people.ada, f"never 2005.{i:05d}")
    first, second = (people.ada.get(f"/c/cs.LG?page={n}").text for n in (1, 2))
    assert "56 papers" in first
    assert first.count("<article") == 50
    assert second.count("<article") == 6
    found = people.ada.get("/search?q=whales&per_page=50").text
    assert found.count("<article") == 50
    assert people.ada.get("/api/v1/search?q=whales").json()["total"] == 56
    assert people.bo.get("/api/v1/search?q=whales").json()["total"] == 66


def test_following_shows_what_is_new_of_all_of_them(people):
    follow = people.ada.post
    for kind, value in (("author", "Other 2"), ("category", "cs.lg"), ("topic", "whales sing")):
        answer = follow("/follow", data={"kind": kind, "value": value, "back": "/following"})
        assert answer.headers["location"] == "/following"
    page = people.ada.get("/following").text
    assert page.count("data-item") == 6
    assert "Whales of the sea 2" in page
    assert "Following</button>" in people.ada.get("/c/cs.LG").text
    assert "Follow</button>" in people.ada.get("/c/cs.CL").text
    mark(people.ada, "never 2005.00002")
    assert "Whales of the sea 2" not in people.ada.get("/following").text
    drop = {"kind": "category", "value": "cs.LG", "do": "unfollow"}
    assert follow("/follow", data=drop).status_code == 303
    assert follow("/follow", data=drop).status_code == 404
    assert people.ada.get("/following").text.count('class="headline"') == 5


WHAT_CANNOT_BE_FOLLOWED = [
    ("author", "Nobody At All", 404),
    ("category", "x.y", 404),
    ("topic", "!", 422),
    ("x", "y", 422),
]


def test_what_cannot_be_followed(people):
    for kind, value, status in WHAT_CANNOT_BE_FOLLOWED:
        answer = people.ada.post("/follow", data={"kind": kind, "value": value})
        assert answer.status_code == status


def test_an_empty_shelf_says_so(people):
    for path in ("/saved", "/read", "/voted", "/noted", "/never", "/tags", "/collections"):
        assert people.eve.get(path).status_code == 200, path
    assert people.eve.get("/following").status_code == 200
    assert people.eve.get("/saved?page=2").status_code == 404
    assert people.eve.get("/saved?x=1").status_code == 422
