"""Pages of a course: their addresses, the front page, and who edits them."""

import pytest
from canvasapi.course import Course
from canvasapi.exceptions import BadRequest, Forbidden, ResourceDoesNotExist

from tests.acceptance.live import Person


def test_a_page_is_made_read_renamed_and_deleted(taught: Course) -> None:
    page = taught.create_page({"title": "Week One", "body": "<p>Hi<script>x</script></p>"})
    assert (page.url, page.body, page.published) == ("week-one", "<p>Hi</p>", False)
    assert taught.get_page("week-one").page_id == page.page_id
    page.edit(wiki_page={"title": "1주차 안내", "published": True})
    assert (page.url, taught.get_page("1주차-안내").title) == ("1주차-안내", "1주차 안내")
    assert taught.get_page(page.page_id).url == page.url
    page.delete()
    with pytest.raises(ResourceDoesNotExist):
        taught.get_page(page.url)


def test_pages_of_one_title_are_kept_apart(taught: Course) -> None:
    assert [taught.create_page({"title": "Notes"}).url for _ in range(3)] == ["notes", "notes-2", "notes-3"]


def test_students_read_what_is_published(taught: Course, attended: Course) -> None:
    for title, published in (("Alpha", True), ("Beta", False), ("Gamma", True)):
        taught.create_page({"title": title, "published": published, "body": title})
    assert [page.title for page in attended.get_pages()] == ["Alpha", "Gamma"]
    assert [page.body for page in attended.get_pages(include=["body"], order="desc")] == ["Gamma", "Alpha"]
    assert [page.title for page in taught.get_pages(search_term="et")] == ["Beta"]
    with pytest.raises(Forbidden):
        attended.get_page("beta")


def test_one_published_page_is_in_front(taught: Course, attended: Course) -> None:
    with pytest.raises(ResourceDoesNotExist):
        attended.show_front_page()
    page = taught.create_page({"title": "Home"})
    with pytest.raises(BadRequest):
        page.edit(wiki_page={"front_page": True})
    page.edit(wiki_page={"front_page": True, "published": True})
    assert attended.show_front_page().url == "home"
    for act in (page.delete, lambda: page.edit(wiki_page={"published": False})):
        with pytest.raises(BadRequest):
            act()
    taught.edit_front_page(wiki_page={"body": "<p>Welcome</p>"})
    assert attended.show_front_page().body == "<p>Welcome</p>"


def test_editing_roles_let_students_write(taught: Course, student: Person) -> None:
    closed = taught.create_page({"title": "Closed", "published": True})
    shared = taught.create_page({"title": "Shared", "published": True, "editing_roles": "teachers,students"})
    student.through(shared).edit(wiki_page={"body": "<p>Mine</p>"})
    assert taught.get_page("shared").last_edited_by["id"] == student.id
    for page, fields in ((closed, {"body": "x"}), (shared, {"title": "Mine"})):
        with pytest.raises(Forbidden):
            student.through(page).edit(wiki_page=fields)


def test_a_page_is_put_back_to_how_it_read(taught: Course) -> None:
    page = taught.create_page({"title": "Plan", "body": "one"})
    page = page.edit(wiki_page={"body": "two"})
    assert [(revision.revision_id, revision.latest) for revision in page.get_revisions()] == [(2, True), (1, False)]
    assert page.revert_to_revision(1).revision_id == 3
    assert (page.show_latest_revision().body, taught.get_page("plan").body) == ("one", "one")
