"""Tools of canvas-mcp for what this LMS does not have, with arguments; "course" and the like stand for ids."""

from typing import Any

COURSE = {"course_identifier": "course"}
ESSAY = {**COURSE, "assignment_id": "assignment"}

ABSENT: dict[str, dict[str, dict[str, Any]]] = {
    "teacher": {
        "list_conversations": {},
        "get_unread_count": {},
        "find_message_recipients": COURSE,
        "list_groups": COURSE,
        "list_group_discussion_topics": COURSE,
        "list_rubrics": COURSE,
        "create_rubric": {**COURSE, "title": "Rubric", "criteria": '{"1": {"description": "Clear", "points": 5, "ratings": []}}'},
        "list_peer_reviews": ESSAY,
        "get_peer_review_assignments": ESSAY,
        "get_student_analytics": COURSE,
    },
    "student": {
        "get_my_upcoming_assignments": {},
        "list_my_groups": {},
        "list_planner_notes": {},
        "create_planner_note": {"title": "Read", "todo_date": "2031-03-02"},
    },
}
