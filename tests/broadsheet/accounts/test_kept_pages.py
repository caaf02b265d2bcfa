"""Pages that are kept: one for all strangers, one for each reader until they change something."""

import pytest
from tests.broadsheet import statements

PATHS = ["/", "/days", "/categories"]


@pytest.mark.parametrize("path", PATHS)
def test_strangers_share_a_page_and_readers_have_their_own(house, ada, bea, path):
    stranger, hers, other = (b.get(path) for b in (house.browser(), ada, bea))
    tags = {answer.headers["etag"] for answer in (stranger, hers, other)}
    assert len(tags) == 3
    assert stranger.headers["cache-control"] == "no-cache"
    assert hers.headers["cache-control"] == other.headers["cache-control"] == "private, no-cache"
    for answer in (stranger, hers, other):
        assert "Cookie" in answer.headers["vary"]
    assert "Ada" in hers.text
    assert "Ada" not in stranger.text + other.text
    assert house.browser().get(path).headers["etag"] == stranger.headers["etag"]


@pytest.mark.parametrize("path", PATHS)
def test_a_kept_page_is_given_to_its_reader_alone(house, ada, path):
    tag = ada.get(path).headers["etag"]
    same = ada.get(path, headers={"If-None-Match": tag})
    assert same.status_code == 304
    assert same.headers["cache-control"] == "private, no-cache"
    assert house.browser().get(path, headers={"If-None-Match": tag}).status_code == 200


@pytest.mark.parametrize("path", PATHS)
def test_a_change_of_the_reader_makes_it_anew(ada, path):
    tag = ada.get(path).headers["etag"]
    ada.submit("/account/name", name="Augusta")
    answer = ada.get(path, headers={"If-None-Match": tag})
    assert answer.status_code == 200
    assert "Augusta" in answer.text


@pytest.mark.parametrize("path", PATHS)
def test_signing_out_shows_the_page_of_strangers(ada, path):
    tag = ada.get(path).headers["etag"]
    ada.submit("/sign-out")
    answer = ada.get(path, headers={"If-None-Match": tag})
    assert answer.status_code == 200
    assert "Ada" not in answer.text


def test_a_stranger_asks_the_database_only_whether_anything_changed(house):
    browser = house.browser()
    browser.get("/days")
    with statements.collected() as asked:
        browser.get("/days")
    assert sum("SELECT" in statement for statement in asked) == 1
