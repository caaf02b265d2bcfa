"""`/api/v1/marks`, `/undo`, `/tags`, `/collections`, `/follows`, as a program asks them."""

ID = "2005.00001"
MARKS = "/api/v1/marks"


def test_a_mark_is_put_and_changed_and_undone(people):
    path, ada = f"{MARKS}/arXiv:{ID}v1", people.ada
    empty = ada.get(path).json()
    assert (empty["paper"], empty["vote"], empty["saved_at"], empty["tags"]) == (ID, 0, "", [])
    whole = {"vote": 1, "saved": True, "note": "*so*", "tags": ["B", "a"]}
    made = ada.put(path, json=whole).json()
    assert made["did"] == ["up", "save"]
    assert (made["vote"], made["note"], made["tags"]) == (1, "*so*", ["a", "b"])
    assert ada.put(path, json=whole).json()["did"] == []
    changed = ada.patch(path, json={"read": True}).json()
    assert (changed["did"], changed["vote"], changed["note"]) == (["read"], 1, "*so*")
    undone = ada.post("/api/v1/undo", json={"paper": ID, "act": "up"}).json()
    assert (undone["vote"], undone["read_at"]) == (0, changed["read_at"])
    assert ada.post("/api/v1/undo", json={"paper": ID, "act": "up"}).status_code == 404
    assert ada.get("/api/v1/tags").json() == [{"tag": "a", "papers": 1}, {"tag": "b", "papers": 1}]
    assert ada.put(path, json={}).json()["tags"] == []
    assert ada.get("/api/v1/tags").json() == []


def test_a_list_is_read_part_by_part(people):
    for i in range(1, 6):
        people.ada.put(f"{MARKS}/2005.{i:05d}", json={"saved": True})
    found, after = [], ""
    for _ in range(3):
        part = people.ada.get(MARKS, params={"limit": 2, "after": after}).json()
        found += [mark["paper"] for mark in part["marks"]]
        after = part["next"]
    assert found == [f"2005.{i:05d}" for i in (5, 4, 3, 2, 1)]
    assert after == ""
    assert people.ada.get(MARKS, params={"kind": "read"}).json() == {"next": "", "marks": []}
    assert people.bo.get(MARKS).json()["marks"] == []


REFUSED = [
    ("GET", "/marks?kind=lost", None, 422),
    ("GET", "/marks?after=x", None, 422),
    ("GET", "/marks?limit=0", None, 422),
    ("GET", "/marks/9999.99999", None, 404),
    ("PUT", f"/marks/{ID}", {"vote": 2}, 422),
    ("PUT", f"/marks/{ID}", {"stars": 5}, 422),
    ("PUT", f"/marks/{ID}", {"tags": ["a/b"]}, 422),
    ("PATCH", f"/marks/{ID}", {"note": "x" * 20_001}, 422),
    ("PATCH", f"/marks/{ID}", {"tags": [f"t{i}" for i in range(51)]}, 422),
    ("POST", "/undo", {"paper": ID, "act": "open"}, 422),
    ("POST", "/collections", {"name": ""}, 422),
    ("POST", "/collections", {"name": "x", "visibility": "open"}, 422),
    ("POST", "/follows", {"kind": "star", "value": "x"}, 422),
    ("POST", "/follows", {"kind": "author", "value": "Nobody At All"}, 404),
    ("DELETE", "/follows/topic/x", None, 404),
]


def test_what_cannot_be_is_refused_with_a_sentence(people):
    for method, path, sent, status in REFUSED:
        answer = people.ada.request(method, f"/api/v1{path}", json=sent)
        assert answer.status_code == status, (method, path, sent)
        assert answer.json()["error"]
    assert people.services.marks.marks.of(people.reader("Ada").key, [*range(1, 9)]) == {}


def test_a_collection_from_its_making_to_its_end(people):
    ada, at = people.ada, "/api/v1/collections"
    made = ada.post(at, json={"name": "Whales", "about": "*All*", "visibility": "shared"})
    assert made.status_code == 201
    id = made.json()["id"]
    for _ in range(2):
        assert ada.put(f"{at}/{id}/papers/{ID}").status_code == 204
    assert ada.post(f"{at}/{id}/readers", json={"name": "Bo", "may_edit": True}).status_code == 204
    assert people.bo.put(f"{at}/{id}/papers/2005.00002").status_code == 204
    page = people.bo.get(f"{at}/{id}").json()
    assert {paper["id"] for paper in page["papers"]} == {ID, "2005.00002"}
    assert (page["collection"]["access"], page["collection"]["owner"]) == ("edit", "Ada")
    sharer = ada.get(f"{at}/{id}/readers").json()[0]
    assert (sharer["name"], sharer["may_edit"]) == ("Bo", True)
    assert ada.delete(f"{at}/{id}/readers/{sharer['id']}").status_code == 204
    assert people.bo.get(f"{at}/{id}").status_code == 404
    assert ada.delete(f"{at}/{id}/papers/{ID}").status_code == 204
    assert ada.patch(f"{at}/{id}", json={"name": "Fish"}).json()["name"] == "Fish"
    assert ada.delete(f"{at}/{id}").status_code == 204
    assert ada.get(at).json() == []


def test_what_is_never_to_be_shown_is_left_out(people):
    people.ada.patch(f"{MARKS}/{ID}", json={"never": True})
    for path in ("/search?q=whales", "/search", "/days/2020-05-04", "/papers/2005.00002/similar"):
        assert ID not in people.ada.get(f"/api/v1{path}").text, path
        assert ID in people.bo.get(f"/api/v1{path}").text, path


def test_follows(people):
    made = people.ada.post("/api/v1/follows", json={"kind": "author", "value": "ONE author"})
    assert made.json() == {"kind": "author", "value": "one-author", "name": "One Author"}
    assert people.ada.get("/api/v1/follows").json() == [made.json()]
    assert people.bo.get("/api/v1/follows").json() == []
    assert people.ada.delete("/api/v1/follows/author/one-author").status_code == 204
