"""Entries, replies, the whole view, and what people mark."""

from collections.abc import Callable
from typing import Any

import pytest

from app.models.courses import Course
from app.services.discussion_entries import DEEPEST
from tests.conftest import Api
from tests.factories import EntryFactory, TopicFactory


@pytest.fixture
def url(course: Course) -> str:
    """A threaded topic that allows ratings."""
    return f"/courses/{course.id}/discussion_topics/{TopicFactory(course=course, allow_rating=True).id}"


def say(api: Api, url: str, message: str, under: int | None = None) -> int:
    path = f"{url}/entries" if under is None else f"{url}/entries/{under}/replies"
    response = api.post(path, json={"message": message})
    assert response.status_code == 201, response.text
    return int(response.get_json()["id"])


def tree(entries: list[dict[str, Any]]) -> list[Any]:
    return [(entry.get("message"), tree(entry["replies"])) for entry in entries]


def test_an_entry_tells_who_said_what(student: Api, url: str) -> None:
    made = student.post(f"{url}/entries", json={"message": "<p onclick=x>Hi</p>"}).get_json()
    assert (made["message"], made["user_id"], made["parent_id"], made["read_state"]) == ("<p>Hi</p>", student.id, None, "read")
    assert (made["user_name"], made["rating_count"], made["created_at"]) == (made["user"]["display_name"], 0, made["updated_at"])


@pytest.mark.parametrize("body", [{}, {"message": ""}, {"message": " "}, {"message": None}, {"message": ["x"]}, {"message": "a\0b"}])
def test_a_blank_entry_is_refused(student: Api, url: str, body: dict[str, Any]) -> None:
    entry = say(student, url, "Hi")
    assert student.post(f"{url}/entries", json=body).status_code == 400
    assert student.post(f"{url}/entries/{entry}/replies", json=body).status_code == 400
    assert student.put(f"{url}/entries/{entry}", json=body).status_code == 400


def test_the_view_has_every_reply_in_its_place(student: Api, teacher: Api, url: str) -> None:
    first = say(student, url, "1")
    second = say(teacher, url, "2")
    below = say(teacher, url, "1.1", under=first)
    deep = say(student, url, "1.1.1", under=below)
    say(student, url, "1.2", under=first)
    view = student.ok("GET", f"{url}/view")
    assert tree(view["view"]) == [("1", [("1.1", [("1.1.1", [])]), ("1.2", [])]), ("2", [])]
    assert view["view"][0]["replies"][0]["replies"][0]["parent_id"] == below
    assert {person["id"] for person in view["participants"]} == {student.id, teacher.id}
    assert (view["unread_entries"], view["new_entries"]) == ([second, below], [])
    assert [row["id"] for row in teacher.ok("GET", f"{url}/entry_list?ids[]={deep}&ids[]={first}&ids[]=999999")] == [first, deep]
    assert [row["id"] for row in teacher.ok("GET", f"{url}/entries/{below}/replies")] == [deep]


@pytest.mark.parametrize("kind", ["side_comment", "not_threaded"])
def test_elsewhere_replies_stand_side_by_side(student: Api, course: Course, kind: str) -> None:
    url = f"/courses/{course.id}/discussion_topics/{TopicFactory(course=course, discussion_type=kind).id}"
    first = say(student, url, "1")
    say(student, url, "1.2", under=say(student, url, "1.1", under=first))
    assert tree(student.ok("GET", f"{url}/view")["view"]) == [("1", [("1.1", []), ("1.2", [])])]


def test_replies_go_as_deep_as_can_be_shown(student: Api, url: str) -> None:
    entry = say(student, url, "1")
    for number in range(2, DEEPEST + 1):
        entry = say(student, url, str(number), under=entry)
    assert student.post(f"{url}/entries/{entry}/replies", json={"message": "x"}).status_code == 400
    for accept in ("application/json", "application/json+canvas-string-ids"):
        level = student.ok("GET", f"{url}/view", headers={"Accept": accept})["view"]
        for _ in range(DEEPEST - 1):
            level = level[0]["replies"]
        assert (level[0]["message"], level[0]["replies"]) == (str(DEEPEST), [])


def test_entries_are_listed_newest_first_with_their_newest_replies(student: Api, url: str) -> None:
    first, second = say(student, url, "1"), say(student, url, "2")
    replies = [say(student, url, str(number), under=first) for number in range(11)]
    newest, oldest = student.ok("GET", f"{url}/entries")
    assert (newest["id"], "recent_replies" in newest) == (second, False)
    assert [row["id"] for row in oldest["recent_replies"]] == replies[:0:-1]
    assert oldest["has_more_replies"] is True
    assert [row["id"] for row in student.ok("GET", f"{url}/entries/{first}/replies?per_page=20")] == replies[::-1]
    student.ok("DELETE", f"{url}/entries/{replies[-1]}")
    assert student.ok("GET", f"{url}/entries")[1]["has_more_replies"] is False


def test_a_deleted_entry_keeps_its_place_and_the_replies_theirs(student: Api, teacher: Api, url: str) -> None:
    first = say(student, url, "Secret")
    reply = say(teacher, url, "1.1", under=first)
    gone = student.ok("DELETE", f"{url}/entries/{first}")
    assert (gone["deleted"], gone["deleted_at"] is not None) == (True, True)
    view = teacher.ok("GET", f"{url}/view")
    (place,) = view["view"]
    assert (place["id"], place["deleted"], [entry["id"] for entry in place["replies"]]) == (first, True, [reply])
    assert not {"message", "user_id", "user", "user_name"} & place.keys()
    assert [person["id"] for person in view["participants"]] == [teacher.id]
    assert view["unread_entries"] == []
    assert teacher.ok("GET", f"{url}/entries")[0]["recent_replies"][0]["id"] == reply
    assert teacher.ok("GET", url)["discussion_subentry_count"] == 1
    for method, path in (("PUT", ""), ("DELETE", ""), ("POST", "/replies")):
        assert student.call(method, f"{url}/entries/{first}{path}", json={"message": "x"}).status_code == 404


def test_authors_and_staff_change_and_delete(student: Api, teacher: Api, enrolled: Callable[..., Api], url: str) -> None:
    entry, peer = say(student, url, "Mine"), enrolled()
    for method in ("PUT", "DELETE"):
        assert peer.call(method, f"{url}/entries/{entry}", json={"message": "x"}).status_code == 403
    assert student.ok("PUT", f"{url}/entries/{entry}", json={"message": "Changed"})["message"] == "Changed"
    changed = teacher.ok("PUT", f"{url}/entries/{entry}", json={"message": "Moderated"})
    assert (changed["user_id"], changed["editor_id"], changed["message"]) == (student.id, teacher.id, "Moderated")
    assert teacher.ok("DELETE", f"{url}/entries/{entry}")["deleted"] is True


def test_an_entry_of_another_topic_is_not_this_ones(teacher: Api, url: str, course: Course) -> None:
    foreign = EntryFactory(topic=TopicFactory(course=course))
    for method, path in (("PUT", ""), ("DELETE", ""), ("POST", "/replies"), ("GET", "/replies"), ("PUT", "/read")):
        assert teacher.call(method, f"{url}/entries/{foreign.id}{path}", json={"message": "x"}).status_code == 404
    assert teacher.ok("GET", f"{url}/entry_list?ids[]={foreign.id}") == []
    assert teacher.get(f"{url}/entry_list?ids[]=x").status_code == 400


class TestInitialPost:
    """Where others' entries are hidden until one has written something."""

    @pytest.fixture
    def url(self, course: Course) -> str:
        return f"/courses/{course.id}/discussion_topics/{TopicFactory(course=course, require_initial_post=True).id}"

    def test_it_opens_what_others_wrote(self, student: Api, teacher: Api, url: str) -> None:
        entry = say(teacher, url, "Answer")
        for path in ("view", "entries", f"entries/{entry}/replies", f"entry_list?ids[]={entry}"):
            refused = student.get(f"{url}/{path}")
            assert (refused.status_code, refused.get_json()["errors"][0]["message"]) == (403, "require_initial_post")
        assert student.post(f"{url}/entries/{entry}/replies", json={"message": "x"}).status_code == 403
        assert student.ok("GET", url)["user_can_see_posts"] is False
        own = say(student, url, "My answer")
        assert student.ok("GET", url)["user_can_see_posts"] is True
        assert len(student.ok("GET", f"{url}/view")["view"]) == 2
        say(student, url, "Reply", under=entry)
        for deleted in [row["id"] for row in student.ok("GET", f"{url}/entries/{entry}/replies")] + [own]:
            student.ok("DELETE", f"{url}/entries/{deleted}")
        assert student.get(f"{url}/view").status_code == 403

    def test_an_observer_sees_what_their_student_sees(self, observer: Api, student: Api, url: str) -> None:
        assert observer.get(f"{url}/view").status_code == 403
        say(student, url, "Mine")
        assert observer.ok("GET", f"{url}/view")["view"][0]["user_id"] == student.id


class TestMarks:
    """What everybody marks for themselves."""

    def test_entries_are_unread_until_they_are_marked(self, student: Api, teacher: Api, url: str) -> None:
        entries = [say(teacher, url, "1"), say(teacher, url, "2"), say(student, url, "3")]
        assert student.ok("GET", url)["unread_count"] == 2
        assert student.put(f"{url}/entries/{entries[0]}/read").status_code == 204
        assert student.ok("GET", f"{url}/view")["unread_entries"] == [entries[1]]
        assert student.delete(f"{url}/entries/{entries[2]}/read").status_code == 204
        assert student.ok("GET", f"{url}/view")["unread_entries"] == entries[1:]
        assert student.put(f"{url}/read_all").status_code == 204
        seen = student.ok("GET", url)
        assert (seen["unread_count"], seen["read_state"]) == (0, "read")
        assert teacher.ok("GET", url)["unread_count"] == 1
        assert student.delete(f"{url}/read_all").status_code == 204
        assert student.ok("GET", url)["unread_count"] == 3

    def test_a_topic_is_read_and_subscribed_to(self, student: Api, url: str) -> None:
        def marks() -> tuple[str, bool]:
            seen = student.ok("GET", url)
            return seen["read_state"], seen["subscribed"]

        assert marks() == ("unread", False)
        assert student.put(f"{url}/read").status_code == 204
        assert student.put(f"{url}/subscribed").status_code == 204
        assert marks() == ("read", True)
        assert student.delete(f"{url}/read").status_code == 204
        assert student.delete(f"{url}/subscribed").status_code == 204
        assert marks() == ("unread", False)

    def test_who_writes_is_subscribed_unless_they_said_no(self, student: Api, url: str) -> None:
        say(student, url, "Hi")
        assert student.ok("GET", url)["subscribed"] is True
        student.delete(f"{url}/subscribed")
        say(student, url, "Hi again")
        assert student.ok("GET", url)["subscribed"] is False

    def test_entries_are_liked_once_each(self, student: Api, teacher: Api, url: str) -> None:
        entry = say(teacher, url, "Good")
        for api in (student, student, teacher):
            assert api.post(f"{url}/entries/{entry}/rating", data={"rating": 1}).status_code == 204
        assert student.ok("GET", f"{url}/entries")[0]["rating_count"] == 2
        assert student.ok("GET", f"{url}/view")["entry_ratings"] == {str(entry): 1}
        assert student.post(f"{url}/entries/{entry}/rating", json={"rating": 0}).status_code == 204
        assert student.ok("GET", f"{url}/entries")[0]["rating_sum"] == 1
        for rating in (2, -1, "x", None):
            assert student.post(f"{url}/entries/{entry}/rating", json={"rating": rating}).status_code == 400

    def test_but_only_where_the_topic_allows_it(self, student: Api, course: Course) -> None:
        entry = EntryFactory(topic=TopicFactory(course=course))
        path = f"/courses/{course.id}/discussion_topics/{entry.topic_id}/entries/{entry.id}/rating"
        assert student.post(path, json={"rating": 1}).status_code == 403
