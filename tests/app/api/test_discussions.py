"""Discussion topics and announcements."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from app.models.courses import Course
from tests.conftest import Api
from tests.factories import CourseFactory, EntryFactory, TopicFactory

NOW = dt.datetime.now(dt.UTC)
DAY = dt.timedelta(days=1)
TOMORROW, YESTERDAY = (NOW + DAY).isoformat(), (NOW - DAY).isoformat()


@pytest.fixture
def url(course: Course) -> str:
    return f"/courses/{course.id}/discussion_topics"


def titles(api: Api, url: str) -> list[str]:
    return [topic["title"] for topic in api.ok("GET", url)]


def test_what_is_not_said_has_canvas_defaults(teacher: Api, url: str) -> None:
    made = teacher.ok("POST", url, json={"title": "Welcome", "message": "<p onclick=x>Hi</p>"})
    assert (made["title"], made["message"], made["discussion_type"]) == ("Welcome", "<p>Hi</p>", "not_threaded")
    assert (made["published"], made["locked"], made["pinned"], made["is_announcement"]) == (True, False, False, False)
    assert (made["author"]["id"], made["user_name"]) == (teacher.id, made["author"]["display_name"])
    assert (made["discussion_subentry_count"], made["unread_count"], made["read_state"]) == (0, 0, "read")
    assert made["created_at"] == made["posted_at"] == made["last_reply_at"]
    assert made["permissions"] == {"attach": True, "update": True, "reply": True, "delete": True}
    assert teacher.ok("GET", f"{url}/{made['id']}") == made


def test_a_topic_is_made_in_a_form_and_changed_in_json(teacher: Api, url: str) -> None:
    form = {"title": "Welcome", "published": "0", "pinned": "true", "discussion_type": "threaded", "lock_at": "2030-01-01"}
    made = teacher.ok("POST", url, data=form, content_type="multipart/form-data")
    assert (made["published"], made["posted_at"], made["pinned"], made["lock_at"]) == (False, None, True, "2030-01-01T00:00:00Z")
    fields = {"title": "Changed", "published": True, "lock_at": None, "message": "", "is_announcement": True}
    changed = teacher.ok("PUT", f"{url}/{made['id']}", json=fields)
    assert (changed["title"], changed["published"], changed["lock_at"], changed["is_announcement"]) == ("Changed", True, None, False)
    assert changed["posted_at"] is not None and changed["message"] is None


@pytest.mark.parametrize(
    "fields",
    [
        {"title": " "},
        {"title": None},
        {"title": "x" * 256},
        {"discussion_type": "shouting"},
        {"delayed_post_at": "soon"},
        {"published": "perhaps"},
        {"lock_at": "2026-01-01", "delayed_post_at": "2026-01-02"},
        {"title": ["a"]},
    ],
)
def test_a_bad_topic_is_refused(teacher: Api, url: str, fields: dict[str, Any]) -> None:
    response = teacher.post(url, json={"title": "Welcome", **fields})
    assert (response.status_code, next(iter(fields)) in response.get_json()["errors"]) == (400, True)


def test_a_topic_needs_a_title(teacher: Api, url: str) -> None:
    assert teacher.post(url, json={"message": "x"}).status_code == 400
    assert teacher.put(f"{url}/{teacher.ok('POST', url, json={'title': 'A'})['id']}", json={"title": ""}).status_code == 400


def test_announcements_are_listed_only_where_they_are_asked_for(teacher: Api, student: Api, url: str) -> None:
    teacher.ok("POST", url, json={"title": "Talk"})
    news = teacher.ok("POST", url, json={"title": "News", "is_announcement": True, "published": False})
    assert (news["published"], news["can_unpublish"]) == (True, False)
    assert (titles(student, url), titles(student, f"{url}?only_announcements=true")) == (["Talk"], ["News"])
    assert teacher.ok("PUT", f"{url}/{news['id']}", json={"published": False})["published"] is True


def test_drafts_and_what_is_posted_later_are_for_staff(teacher: Api, student: Api, url: str, course: Course) -> None:
    draft = TopicFactory(course=course, title="Draft", workflow_state="unpublished", posted_at=None)
    later = TopicFactory(course=course, title="Later", delayed_post_at=NOW + DAY)
    TopicFactory(course=course, title="Now", delayed_post_at=NOW - DAY)
    assert titles(student, url) == ["Now"]
    assert set(titles(teacher, url)) == {"Draft", "Later", "Now"}
    for hidden in (draft, later):
        for path in ("", "/view", "/entries"):
            assert student.get(f"{url}/{hidden.id}{path}").status_code == 403
        assert student.post(f"{url}/{hidden.id}/entries", json={"message": "x"}).status_code == 403
        assert teacher.get(f"{url}/{hidden.id}/view").status_code == 200
    assert teacher.ok("GET", f"{url}/{later.id}")["posted_at"] == (NOW + DAY).strftime("%Y-%m-%dT%H:%M:%SZ")


def test_topics_are_ordered_searched_and_scoped(teacher: Api, url: str, course: Course) -> None:
    old = TopicFactory(course=course, title="b 100%", posted_at=NOW - 2 * DAY, created_at=NOW - 2 * DAY)
    TopicFactory(course=course, title="C", posted_at=NOW - DAY, created_at=NOW - DAY, locked=True)
    TopicFactory(course=course, title="a", posted_at=NOW - 3 * DAY, created_at=NOW - 3 * DAY, pinned=True, position=1, lock_at=NOW - DAY)
    EntryFactory(topic=old, created_at=NOW)
    assert titles(teacher, url) == ["a", "C", "b 100%"]
    assert titles(teacher, f"{url}?order_by=title") == ["a", "b 100%", "C"]
    assert titles(teacher, f"{url}?order_by=recent_activity") == ["b 100%", "C", "a"]
    assert titles(teacher, f"{url}?search_term=%25") == ["b 100%"]
    scopes = {"locked": ["a", "C"], "unlocked": ["b 100%"], "pinned": ["a"], "unpinned": ["C", "b 100%"], "locked,unpinned": ["C"]}
    assert {scope: titles(teacher, f"{url}?scope={scope}") for scope in scopes} == scopes
    assert titles(teacher, f"{url}?filter_by=unread") == ["b 100%"]
    assert teacher.get(f"{url}?scope=loud").status_code == 400
    assert teacher.get(f"{url}?order_by=noise").status_code == 400


def test_pinned_topics_keep_the_order_in_which_they_were_pinned(teacher: Api, url: str) -> None:
    for title in ("One", "Two", "Three"):
        teacher.ok("POST", url, json={"title": title, "pinned": title != "Two"})
    assert titles(teacher, url) == ["One", "Three", "Two"]
    (first, *_) = teacher.ok("GET", url)
    assert teacher.ok("PUT", f"{url}/{first['id']}", json={"pinned": False})["position"] is None
    assert titles(teacher, url)[0] == "Three"
    assert teacher.ok("PUT", f"{url}/{first['id']}", json={"pinned": True})["position"] == 3


def test_a_topic_with_entries_is_not_taken_back(teacher: Api, url: str, course: Course) -> None:
    topic = TopicFactory(course=course)
    entry = EntryFactory(topic=topic)
    assert teacher.put(f"{url}/{topic.id}", json={"published": False}).status_code == 400
    teacher.ok("DELETE", f"{url}/{topic.id}/entries/{entry.id}")
    assert teacher.ok("PUT", f"{url}/{topic.id}", json={"published": False})["published"] is False


def test_a_deleted_topic_is_gone_with_all_that_is_under_it(teacher: Api, url: str, course: Course) -> None:
    topic = TopicFactory(course=course)
    entry = EntryFactory(topic=topic)
    assert teacher.ok("DELETE", f"{url}/{topic.id}")["deleted_at"]
    for method, path in (("GET", ""), ("PUT", ""), ("DELETE", ""), ("GET", "/view"), ("GET", "/entries"), ("PUT", f"/entries/{entry.id}")):
        assert teacher.call(method, f"{url}/{topic.id}{path}", json={"message": "x"}).status_code == 404
    assert titles(teacher, url) == []


def test_a_topic_of_another_course_is_not_this_courses(teacher: Api, url: str) -> None:
    elsewhere = EntryFactory()
    for path in ("", "/view", "/entries", f"/entries/{elsewhere.id}/replies"):
        assert teacher.get(f"{url}/{elsewhere.topic_id}{path}").status_code == 404
    assert teacher.put(f"{url}/{elsewhere.topic_id}", json={"title": "Mine"}).status_code == 404
    assert teacher.get(f"{url}/99999999999999999999999").status_code == 404


class TestStudents:
    """What students may do with topics."""

    def test_they_start_and_change_their_own(self, student: Api, teacher: Api, url: str) -> None:
        made = student.ok("POST", url, json={"title": "Mine", "published": True, "is_announcement": False, "locked": False})
        assert student.ok("PUT", f"{url}/{made['id']}", json={"title": "Still mine"})["title"] == "Still mine"
        assert teacher.ok("PUT", f"{url}/{made['id']}", json={"message": "Edited"})["author"]["id"] == student.id
        assert student.ok("DELETE", f"{url}/{made['id']}")["id"] == made["id"]

    def test_not_where_the_course_does_not_let_them(self, student: Api, teacher: Api, ta: Api, url: str, course: Course) -> None:
        settings = f"/courses/{course.id}/settings"
        assert student.ok("GET", settings)["allow_student_discussion_topics"] is True
        for _ in range(2):
            changed = teacher.ok("PUT", settings, json={"allow_student_discussion_topics": False})
        assert changed["allow_student_discussion_topics"] is False
        assert teacher.ok("PUT", settings, json={"something": "else"}) == changed
        assert student.post(url, json={"title": "Mine"}).status_code == 403
        assert ta.post(url, json={"title": "Ours"}).status_code == 200
        assert student.put(settings, json={"allow_student_discussion_topics": True}).status_code == 403

    @pytest.mark.parametrize(
        "fields",
        [
            {"is_announcement": True},
            {"pinned": True},
            {"locked": True},
            {"published": False},
            {"delayed_post_at": TOMORROW},
            {"lock_at": TOMORROW},
            {"require_initial_post": True},
            {"allow_rating": True},
        ],
    )
    def test_what_moderates_is_not_theirs(self, student: Api, url: str, course: Course, fields: dict[str, Any]) -> None:
        assert student.post(url, json={"title": "Mine", **fields}).status_code == 403
        own = TopicFactory(course=course, user=student.user)
        assert student.put(f"{url}/{own.id}", json=fields).status_code == (200 if fields.get("is_announcement") else 403)

    def test_others_topics_are_not_theirs(self, student: Api, enrolled: Callable[..., Api], url: str) -> None:
        other = enrolled().ok("POST", url, json={"title": "Other"})
        assert student.ok("GET", f"{url}/{other['id']}")["permissions"]["update"] is False
        assert student.put(f"{url}/{other['id']}", json={"title": "Mine"}).status_code == 403
        assert student.delete(f"{url}/{other['id']}").status_code == 403

    def test_they_take_nobodys_entries_away(self, student: Api, url: str, course: Course) -> None:
        own = TopicFactory(course=course, user=student.user)
        EntryFactory(topic=own)
        assert student.ok("GET", f"{url}/{own.id}")["permissions"]["delete"] is False
        assert student.delete(f"{url}/{own.id}").status_code == 403

    @pytest.mark.parametrize("lock", [{"locked": True}, {"lock_at": NOW - DAY}])
    def test_a_locked_topic_takes_nothing_from_them(
        self, student: Api, teacher: Api, url: str, course: Course, lock: dict[str, Any]
    ) -> None:
        topic = TopicFactory(course=course, user=student.user, **lock)
        entry = EntryFactory(topic=topic, user=student.user)
        entries = f"{url}/{topic.id}/entries"
        seen = student.ok("GET", f"{url}/{topic.id}")
        assert (seen["locked"], seen["locked_for_user"], "lock_explanation" in seen) == (True, True, True)
        assert seen["permissions"] == {"attach": False, "update": False, "reply": False, "delete": False}
        for method, path in (("POST", ""), ("POST", f"/{entry.id}/replies"), ("PUT", f"/{entry.id}"), ("DELETE", f"/{entry.id}")):
            assert student.call(method, f"{entries}{path}", json={"message": "x"}).status_code == 403
        assert student.put(f"{url}/{topic.id}", json={"title": "Mine"}).status_code == 403
        assert teacher.post(entries, json={"message": "x"}).status_code == 201
        assert teacher.ok("GET", f"{url}/{topic.id}")["locked_for_user"] is False

    def test_a_finished_course_is_read_only_for_them(self, student: Api, admin: Api, url: str, course: Course) -> None:
        topic = TopicFactory(course=course, user=student.user)
        entry = EntryFactory(topic=topic, user=student.user)
        admin.ok("DELETE", f"/courses/{course.id}?event=conclude")
        assert student.ok("GET", f"{url}/{topic.id}/view")["view"][0]["id"] == entry.id
        assert student.put(f"{url}/{topic.id}/read_all").status_code == 204
        assert student.post(url, json={"title": "Mine"}).status_code == 403
        assert student.put(f"{url}/{topic.id}", json={"title": "Mine"}).status_code == 403
        assert student.put(f"{url}/{topic.id}/entries/{entry.id}", json={"message": "x"}).status_code == 403
        assert student.post(f"{url}/{topic.id}/entries", json={"message": "x"}).status_code == 403


def test_visitors_of_a_public_course_read_no_discussions(stranger: Api) -> None:
    public = CourseFactory(is_public=True)
    topic = TopicFactory(course=public)
    assert stranger.get(f"/courses/{public.id}").status_code == 200
    assert stranger.get(f"/courses/{public.id}/discussion_topics/{topic.id}").status_code == 403
    assert stranger.get(f"/courses/{public.id}/discussion_topics").status_code == 403


def test_the_discussions_of_a_deleted_course_are_gone(teacher: Api, admin: Api, url: str, course: Course) -> None:
    topic = TopicFactory(course=course)
    admin.ok("DELETE", f"/courses/{course.id}?event=delete")
    assert [api.get(f"{url}/{topic.id}").status_code for api in (teacher, admin)] == [404, 404]
