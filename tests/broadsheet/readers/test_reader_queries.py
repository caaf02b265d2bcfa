"""More papers and more marks, no more questions to the database."""

from broadsheet.search import searcher

PATHS = [
    *("/", "/2020-05-04", "/c/cs.LG", "/a/one-author", "/search?q=whales", "/search"),
    *("/t/whales", "/t/whales/2020-05", "/saved.json"),
    *("/paper/2005.00001", "/saved", "/tags/sea", "/following", "/collections"),
]


def test_more_papers_and_marks_ask_no_more_questions(people, put, records, counted, monkeypatch):
    monkeypatch.setattr(searcher, "_LOOK_EVERY_S", 0.0)  # each search looks, not one a while
    ada, kept = people.reader("Ada"), people.services
    shelf = kept.collections.add(ada, name="Shelf", visibility="private")
    kept.follows.add(ada, "category", "cs.LG")

    def mark(numbers):
        for i in numbers:
            paper = kept.reading.paper(f"2005.{i:05d}")
            kept.marks.change(ada, paper, ["save", "up"], note="n", tags=["sea", f"t{i}"])
            kept.collections.put(shelf.id, ada, paper)

    def numbers():
        found = {}
        for path in (*PATHS, f"/collections/{shelf.id}", "/api/v1/marks"):
            people.ada.get(f"{path}?page=1" if path == "/saved" else path)
            kept.collections.change(shelf.id, ada, about="x" + path)  # lets pages be made anew
            people.services.marks.never(people.reader("Ada"))
            with counted() as asked:
                assert people.ada.get(path).status_code == 200
            found[path] = len([s for s in asked if "SELECT" in s])
        return found

    mark(range(1, 3))
    numbers()
    before = numbers()
    put(people.services, records(20, first=100))
    mark(range(100, 120))
    numbers()
    assert numbers() == before


def test_a_lists_marks_are_two_questions(people, counted):
    people.ada.get("/2020-05-04")
    people.ada.post("/mark", data={"do": "save 2005.00001"})
    with counted() as asked:
        people.ada.get("/2020-05-04")
    assert sum("FROM marks" in statement and "json_each" in statement for statement in asked) == 1
    assert sum("FROM tags" in statement for statement in asked) == 1
