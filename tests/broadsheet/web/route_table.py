"""How every route of the application is asked, filled with what is the owner's.

`{names}` stand for the owner's ids. What opens a door by itself (a feed, a letter's link) is
filled with what is kept of it, which must open nothing.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI
from starlette.routing import Mount

ID = "2005.00001"
V1 = "/api/v1"
COLLECTIONS = ("private", "shared")
_FACE = re.compile(r"(\.(?:atom|json|md|bib|ris|csl\.json|jsonl|opml|svg|txt))?$")


@dataclass(frozen=True)
class Ask:
    """One request: its route, and what is sent."""

    method: str
    route: str
    path: str
    form: dict[str, str] | None = None
    json: dict[str, Any] | None = None

    def filled(self, ids: dict[str, str]) -> "Ask":
        """Return it with the owner's ids in it."""
        form, json = _filled(self.form, ids), _filled(self.json, ids)
        return Ask(self.method, self.route, self.path.format(**ids), form, json)

    @property
    def said(self) -> str:
        """What who asks knows already."""
        return f"{self.path} {self.form} {self.json}"


# What stands for the parameters of a route that is read; its other faces have the same.
READ = {
    "/confirm/{token}": "/confirm/{subscription}",
    "/u/{token}": "/u/{subscription}",
    "/queries/{id}": "/queries/{query}",
    "/queries/{id}/{period:path}": "/queries/{query}/2020",
    "/feeds/{secret}": "/feeds/{feed_hash}",
    "/trending/{window}": "/trending/week",
    "/c/{category}/trending": "/c/cs.CL/trending",
    "/c/{category}/trending/{window}": "/c/cs.CL/trending/week",
    f"{V1}/search/why": f"{V1}/search/why?q=whales&paper={ID}",
    "/search/why": f"/search/why?q=whales&paper={ID}",
    "/paper/{id:path}": f"/paper/{ID}",
    "/p/{rest:path}": f"/p/{ID}",
    "/t/{words:path}": "/t/whales",
    "/a/{key}": "/a/one-author",
    "/a/{key}/{period:path}": "/a/one-author/2020",
    "/c/{category}": "/c/cs.CL",
    "/c/{category}/{period:path}": "/c/cs.CL/2020",
    "/days/{year}": "/days/2020",
    "/tags/{tag:path}": "/tags/{tag}",
    "/collections/{id}": "/collections/{collection}",
    "/static/{name}": "{asset}",
    "/{period}": "/2020-05-04",
    "/{year}/{week}": "/2020/W19",
    f"{V1}/papers/{{id:path}}/similar": f"{V1}/papers/{ID}/similar",
    f"{V1}/papers/{{id:path}}": f"{V1}/papers/{ID}",
    f"{V1}/days/{{date}}": f"{V1}/days/2020-05-04",
    f"{V1}/marks/{{id:path}}": f"{V1}/marks/{ID}",
    f"{V1}/collections/{{id}}": f"{V1}/collections/{{collection}}",
    f"{V1}/collections/{{id}}/readers": f"{V1}/collections/{{collection}}/readers",
    f"{V1}/{{rest:path}}": f"{V1}/nothing",
}
# What a form of a page sends, by its route; a route that takes the place of an id has it in front.
FORMS: dict[str, list[tuple[str, dict[str, str]]]] = {
    "/subscribe": [("", {"address": "{email}", "zone": "UTC", "weekday": "2", "hour": "9"})],
    "/subscribe/end": [("", {})],
    "/confirm/{token}": [("/confirm/{subscription}", {})],
    "/u/{token}": [
        ("/u/{subscription}", {"List-Unsubscribe": "One-Click"}),
        ("/u/{subscription}", {"resume": "1"}),
    ],
    "/queries": [("", {"kind": "collection", "collection": "{collection}", "mail": "1"})],
    "/queries/{id}": [("/queries/{query}", {"name": "Taken", "hook": "https://x.example/"})],
    "/queries/{id}/feed": [("/queries/{query}/feed", {})],
    "/queries/{id}/feed/close": [("/queries/{query}/feed/close", {})],
    "/queries/{id}/remove": [("/queries/{query}/remove", {})],
    "/trending/settings": [("", {"do": "save", "weights.up": "9"}), ("", {"do": "reset"})],
    "/sign-in": [("", {"name": "Owner", "password": "not that of the owner"})],
    "/sign-out": [("", {})],
    "/sign-up": [("", {"name": "owner", "password": "three small grey ducks"})],
    "/new-password": [("", {"token": "{reader}", "password": "three small grey ducks"})],
    "/account/address/confirm": [("", {"token": "{reader}"})],
    "/account/name": [("", {"name": "Owner"})],
    "/account/address": [("", {"email": "{email}"})],
    "/account/zone": [("", {"zone": "Asia/Tokyo"})],
    "/account/password": [("", {"old": "{password}", "new": "{password}"})],
    "/account/sessions/end": [("", {"id": "{session}"})],
    "/account/sessions/end-others": [("", {})],
    "/account/passkeys/remove": [("", {"id": "{passkey}"})],
    "/account/tokens": [("", {"name": "x", "scope": "read", "days": "30"})],
    "/account/tokens/revoke": [("", {"id": "{api_token}"})],
    "/account/invitations": [("", {"note": "x"})],
    "/account/invitations/withdraw": [("", {"id": "{invitation}"})],
    "/account/leave": [("", {"password": "{password}", "name": "Owner"})],
    "/admin/letter": [("", {"key": "{letter}"})],
    "/admin/reader": [("", {"reader": "{mate}", "do": "admin"})],
    "/mark": [
        *(("", {"do": f"{word} {ID}"}) for word in ("down", "read", "never")),
        ("", {"do": f"note {ID}", "note": "Taken"}),
        ("", {"do": f"tag {ID}", "tag": "taken"}),
        ("", {"do": f"untag {ID} {{tag}}"}),
    ],
    "/undo": [("", {"act": f"save:{ID}"})],
    "/collections": [("", {"name": "Own"})],
    "/collections/{id}": [("/collections/{collection}", {"name": "T", "visibility": "public"})],
    "/collections/{id}/papers": [
        ("/collections/{collection}/papers", {"paper": "2005.00002"}),
        ("/collections/{collection}/papers", {"paper": ID, "do": "take"}),
    ],
    "/collections/{id}/readers": [
        ("/collections/{collection}/readers", {"name": "Stranger", "may_edit": "1"}),
        ("/collections/{collection}/readers", {"reader": "{reader}", "do": "unshare"}),
    ],
    "/collections/{id}/remove": [("/collections/{collection}/remove", {})],
    "/follow": [("", {"kind": "topic", "value": "{topic}", "do": "unfollow"})],
}
# Whom nobody has signed in may ask, too: these have their own ways of refusing.
OPEN = {
    *("/subscribe", "/subscribe/end", "/confirm/{token}", "/u/{token}", "/new-password"),
    *("/sign-in", "/sign-out", "/sign-up", "/account/address/confirm", f"{V1}/{{rest:path}}"),
    *("/sign-in/passkey/ask", "/sign-in/passkey"),
}
# What is refused to the owner as well: a stale id, no real device, a token that was not given out.
REFUSED = {
    "GET": {
        *("/confirm/{token}", "/u/{token}", "/new-password", "/account/address/confirm"),
        *("/feeds/{secret}.atom", "/feeds/{secret}.json", "/feeds/{secret}.md", "/metrics"),
        *("/sign-in/outside", "/sign-in/outside/back", f"{V1}/{{rest:path}}"),
    },
    "POST": {
        *("/confirm/{token}", "/u/{token}", "/new-password", "/account/address/confirm"),
        *("/sign-in", "/sign-up", "/account/passkeys", "/sign-in/passkey", f"{V1}/{{rest:path}}"),
    },
    **{method: {f"{V1}/{{rest:path}}"} for method in ("PUT", "PATCH", "DELETE")},
}
_DEVICE = {"state": "{reader}", "credential": {"id": "{passkey}"}, "name": "x"}
# What a script or a program sends as JSON, by method and route.
SAID: dict[str, list[tuple[str, dict[str, Any] | None]]] = {
    "POST /account/passkeys/offer": [("", {})],
    "POST /account/passkeys": [("", _DEVICE)],
    "POST /sign-in/passkey/ask": [("", {})],
    "POST /sign-in/passkey": [("", _DEVICE)],
    f"PUT {V1}/marks/{{id:path}}": [(f"{V1}/marks/{ID}", {"vote": -1, "saved": True})],
    f"PATCH {V1}/marks/{{id:path}}": [(f"{V1}/marks/{ID}", {"note": "Taken"})],
    f"POST {V1}/undo": [("", {"paper": ID, "act": "save"})],
    f"POST {V1}/collections": [("", {"name": "Own"})],
    f"PATCH {V1}/collections/{{id}}": [
        (f"{V1}/collections/{{collection}}", {"name": "T", "visibility": "public"})
    ],
    f"PUT {V1}/collections/{{id}}/papers/{{paper:path}}": [
        (f"{V1}/collections/{{collection}}/papers/2005.00002", None)
    ],
    f"DELETE {V1}/collections/{{id}}/papers/{{paper:path}}": [
        (f"{V1}/collections/{{collection}}/papers/{ID}", None)
    ],
    f"POST {V1}/collections/{{id}}/readers": [
        (f"{V1}/collections/{{collection}}/readers", {"name": "Stranger", "may_edit": True})
    ],
    f"DELETE {V1}/collections/{{id}}/readers/{{sharer}}": [
        (f"{V1}/collections/{{collection}}/readers/{{reader}}", None)
    ],
    f"DELETE {V1}/collections/{{id}}": [(f"{V1}/collections/{{collection}}", None)],
    f"POST {V1}/follows": [("", {"kind": "topic", "value": "own words"})],
    f"DELETE {V1}/follows/{{kind}}/{{value:path}}": [(f"{V1}/follows/topic/{{topic}}", None)],
    **{
        f"{method} {V1}/{{rest:path}}": [(f"{V1}/nothing", None)]
        for method in ("POST", "PUT", "PATCH", "DELETE")
    },
}


def routes_of(app: FastAPI) -> list[tuple[str, str]]:
    """Return method and path of every route that is mounted, in their order."""
    return [
        (method, path)
        for path, methods in _walk(app.routes)
        for method in sorted(methods or {"GET"})
        if method != "HEAD"
    ]


def asks_of(method: str, route: str) -> list[Ask]:
    """Return how a route is asked.

    Raises:
        KeyError: no table has it.
    """
    if method == "GET":
        face = _FACE.search(route)[0]
        bare = route.removesuffix(face)
        path = READ[bare] + face if "{" in bare or bare in READ else route
        return [Ask(method, route, path)]
    if method == "POST" and route in FORMS:
        return [Ask(method, route, path or route, form=form) for path, form in FORMS[route]]
    asked = SAID[f"{method} {route}"]
    return [Ask(method, route, path or route, json=json) for path, json in asked]


def _walk(routes: Any) -> Iterator[tuple[str, set[str] | None]]:
    for route in routes:
        if isinstance(route, Mount):
            yield from _walk(route.routes)
        elif hasattr(route, "effective_candidates"):
            yield from _walk(route.effective_candidates())
        else:
            yield route.path, route.methods


def _filled(given: Any, ids: dict[str, str]) -> Any:
    if isinstance(given, str):
        return given.format(**ids)
    if isinstance(given, dict):
        return {name: _filled(value, ids) for name, value in given.items()}
    return given
