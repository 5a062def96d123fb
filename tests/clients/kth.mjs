// The everyday work of an administration, its teachers and its students, done with @kth/canvas-api and nothing else.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { createRequire } from "node:module";

const require = createRequire(`${process.cwd()}/`);
const { CanvasApi, CanvasApiResponseError, CanvasApiPaginationError } = require("@kth/canvas-api");
const { FormData, fetch } = require("undici"); // the FormData that this client knows

const { LMS_URL, LMS_TOKEN } = process.env;
const CROWD = 120;
const as = (token) => new CanvasApi(`${LMS_URL}/api/v1`, token);
const admin = as(LMS_TOKEN);
const unique = randomUUID().slice(0, 12);

async function check(what, act) {
  let problem;
  try {
    await act();
  } catch (error) {
    const answer = error.response ? ` ${error.response.statusCode} ${error.response.text.slice(0, 300)}` : "";
    problem = `${error.message}${answer} (${(error.stack.match(/kth\.mjs:\d+/) ?? ["?"])[0]})`;
  }
  process.stdout.write(JSON.stringify({ what, problem }) + "\n");
}

/** The JSON that a request other than GET answers with. */
const send = async (client, method, path, body) => (await client.request(path, method, body)).json;
const read = async (client, path, params) => (await client.get(path, params)).json;
const wait = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

/** The three steps of an upload; the file. */
async function upload(client, path, name, text) {
  const begun = await send(client, "POST", path, { name, size: text.length, content_type: "text/plain" });
  const form = new FormData();
  for (const [key, value] of Object.entries(begun.upload_params)) form.set(key, value);
  form.set("file", new File([text], name, { type: "text/plain" }));
  const taken = await fetch(begun.upload_url, { method: "POST", body: form, redirect: "manual" });
  assert.ok([201, 301, 302, 303].includes(taken.status), `storage answered ${taken.status}`);
  return read(client, taken.headers.get("location"));
}

/** A Progress once it is over. */
async function ended(client, progress) {
  const deadline = Date.now() + 60_000;
  while (["queued", "running"].includes(progress.workflow_state)) {
    assert.ok(Date.now() < deadline, "it does not end");
    await wait(200);
    progress = await read(client, `progress/${progress.id}`);
  }
  return progress;
}

let course, teacher, student, teacherId, studentId, essay, quiz, page, module, topic;
const crowd = [];

async function person(name) {
  const login = `${randomUUID()}@example.com`;
  const { id } = await send(admin, "POST", "accounts/1/users", { user: { name }, pseudonym: { unique_id: login, sis_user_id: `S-${login}` } });
  return { id, login };
}

const enrol = (user, type) =>
  send(admin, "POST", `courses/${course.id}/enrollments`, { enrollment: { user_id: user, type, enrollment_state: "active", notify: false } });

const tokenOf = async (user) => (await send(admin, "POST", `users/${user}/tokens`, { token: { purpose: "clients" } })).visible_token;

await check("the account is read", async () => {
  const { json } = await admin.get("accounts/1");
  assert.equal(json.id, 1);
  assert.equal(typeof json.name, "string");
});

await check("an admin makes a course and finds it by its SIS id", async () => {
  course = await send(admin, "POST", "accounts/1/courses", {
    course: { name: `Course ${unique}`, course_code: `C-${unique}`, sis_course_id: `SIS-${unique}` },
    offer: true,
  });
  const found = await read(admin, `courses/sis_course_id:SIS-${unique}`);
  assert.deepEqual([found.id, found.workflow_state], [course.id, "available"]);
});

await check(`an admin makes ${CROWD} people and enrols them, many requests at a time`, async () => {
  teacherId = (await person("Teacher")).id;
  await enrol(teacherId, "TeacherEnrollment");
  crowd.push(...(await Promise.all(Array.from({ length: CROWD }, (_, n) => person(`Student ${n}`)))));
  const made = await Promise.all(crowd.map(({ id }) => enrol(id, "StudentEnrollment")));
  assert.ok(made.every((one) => one.enrollment_state === "active" && one.course_id === course.id));
  studentId = crowd[0].id;
  [teacher, student] = [as(await tokenOf(teacherId)), as(await tokenOf(studentId))];
});

await check("a teacher's courses", async () => {
  const mine = await teacher.listItems("courses", { enrollment_type: "teacher", include: ["term", "total_students"] }).toArray();
  assert.deepEqual(mine.map(({ id, total_students }) => [id, total_students]), [[course.id, CROWD]]);
});

await check("all people of a course, by listItems and by listPages", async () => {
  const items = await teacher.listItems(`courses/${course.id}/users`, { per_page: 50, include: ["enrollments", "email"] }).toArray();
  assert.equal(new Set(items.map(({ id }) => id)).size, CROWD + 1);
  assert.ok(items.every(({ enrollments }) => enrollments.length === 1));
  const pages = await teacher.listPages(`courses/${course.id}/enrollments`, { per_page: 100, type: ["StudentEnrollment"] }).toArray();
  assert.deepEqual(pages.map(({ json }) => json.length), [100, CROWD - 100]);
});

await check("a person is found by SIS id and by login", async () => {
  const { id, login } = crowd[1];
  assert.equal((await read(admin, `users/sis_user_id:S-${login}`)).id, id);
  assert.deepEqual((await read(admin, "accounts/1/users", { search_term: login })).map((user) => user.id), [id]);
});

await check("a teacher makes an assignment in a group of its own", async () => {
  const group = await send(teacher, "POST", `courses/${course.id}/assignment_groups`, { name: "Homework", group_weight: 40 });
  essay = await send(teacher, "POST", `courses/${course.id}/assignments`, {
    assignment: {
      name: "Essay",
      description: "<p>Write.</p>",
      points_possible: 10,
      submission_types: ["online_text_entry", "online_upload"],
      assignment_group_id: group.id,
      published: true,
    },
  });
  const listed = await teacher.listItems(`courses/${course.id}/assignments`).toArray();
  assert.deepEqual(listed.map(({ id, assignment_group_id }) => [id, assignment_group_id]), [[essay.id, group.id]]);
});

await check("a teacher makes a page and a module that shows it", async () => {
  page = await send(teacher, "POST", `courses/${course.id}/pages`, { wiki_page: { title: "Welcome", body: "<p>Hello</p>", published: true } });
  module = await send(teacher, "POST", `courses/${course.id}/modules`, { module: { name: "Week 1" } });
  await send(teacher, "POST", `courses/${course.id}/modules/${module.id}/items`, { module_item: { type: "Page", page_url: page.url } });
  await send(teacher, "PUT", `courses/${course.id}/modules/${module.id}`, { module: { published: true } });
});

await check("a teacher announces, and opens a discussion", async () => {
  const told = { title: "Exam on Friday", message: "<p>Be there.</p>", is_announcement: true, published: true };
  assert.equal((await send(teacher, "POST", `courses/${course.id}/discussion_topics`, told)).is_announcement ?? true, true);
  topic = await send(teacher, "POST", `courses/${course.id}/discussion_topics`, { title: "Questions", message: "<p>Ask</p>", published: true });
});

await check("a student reads courses, modules, pages and announcements", async () => {
  assert.deepEqual((await read(student, "courses")).map(({ id }) => id), [course.id]);
  const [seen] = await read(student, `courses/${course.id}/modules`, { include: ["items"] });
  assert.deepEqual(seen.items.map(({ type, page_url }) => [type, page_url]), [["Page", page.url]]);
  assert.match((await read(student, `courses/${course.id}/pages/${page.url}`)).body, /Hello/);
  const news = await student.listItems("announcements", { context_codes: [`course_${course.id}`] }).toArray();
  assert.deepEqual(news.map(({ title }) => title), ["Exam on Friday"]);
});

await check("a student takes part in a discussion, the teacher answers", async () => {
  const at = `courses/${course.id}/discussion_topics/${topic.id}`;
  const asked = await send(student, "POST", `${at}/entries`, { message: "Why?" });
  await send(teacher, "POST", `${at}/entries/${asked.id}/replies`, { message: "Because." });
  const whole = await read(student, `${at}/view`);
  assert.deepEqual(whole.view.map(({ id, replies }) => [id, replies.length]), [[asked.id, 1]]);
});

await check("a student hands in a text, then a file in three steps", async () => {
  const at = `courses/${course.id}/assignments/${essay.id}/submissions`;
  const first = await send(student, "POST", at, { submission: { submission_type: "online_text_entry", body: "<p>First</p>" } });
  assert.equal(first.attempt, 1);
  const file = await upload(student, `${at}/self/files`, "essay.txt", "My essay");
  const second = await send(student, "POST", at, { submission: { submission_type: "online_upload", file_ids: [file.id] } });
  assert.deepEqual([second.attempt, second.attachments.map(({ id }) => id)], [2, [file.id]]);
});

await check("a teacher reads all submissions and downloads what was handed in", async () => {
  const at = `courses/${course.id}/assignments/${essay.id}/submissions`;
  const all = await teacher.listItems(at, { per_page: 100, include: ["user", "submission_history"] }).toArray();
  assert.equal(all.length, CROWD);
  const [done] = all.filter(({ workflow_state }) => workflow_state === "submitted");
  assert.deepEqual([done.user_id, done.submission_history.length], [studentId, 2]);
  assert.equal(await (await fetch(done.attachments[0].url)).text(), "My essay");
});

await check("a teacher grades with a comment, the student reads both", async () => {
  const at = `courses/${course.id}/assignments/${essay.id}/submissions/${studentId}`;
  await send(teacher, "PUT", at, { submission: { posted_grade: "85%" }, comment: { text_comment: "Well done" } });
  const seen = await read(student, `courses/${course.id}/assignments/${essay.id}/submissions/self`, { include: ["submission_comments"] });
  assert.deepEqual([seen.score, seen.submission_comments.map(({ comment }) => comment)], [8.5, ["Well done"]]);
});

await check(`a teacher grades ${CROWD} students at once and follows the progress`, async () => {
  const grade_data = Object.fromEntries(crowd.map(({ id }, n) => [id, { posted_grade: n % 11 }]));
  const begun = await send(teacher, "POST", `courses/${course.id}/assignments/${essay.id}/submissions/update_grades`, { grade_data });
  const over = await ended(teacher, begun);
  assert.deepEqual([over.workflow_state, over.completion], ["completed", 100]);
  const all = await teacher.listItems(`courses/${course.id}/students/submissions`, { student_ids: ["all"], per_page: 100 }).toArray();
  assert.deepEqual(Object.fromEntries(all.map(({ user_id, score }) => [user_id, score])), Object.fromEntries(crowd.map(({ id }, n) => [id, n % 11])));
});

await check("totals of a whole course", async () => {
  const all = await teacher.listItems(`courses/${course.id}/enrollments`, { per_page: 100, type: ["StudentEnrollment"] }).toArray();
  const scores = Object.fromEntries(all.map(({ user_id, grades }) => [user_id, grades.current_score]));
  assert.equal(scores[crowd[10].id], 100);
});

await check("a file is uploaded to the course and found there", async () => {
  const file = await upload(teacher, `courses/${course.id}/files`, "plan.txt", "The plan");
  const listed = await teacher.listItems(`courses/${course.id}/files`, { search_term: "plan" }).toArray();
  assert.deepEqual(listed.map(({ id, display_name }) => [id, display_name]), [[file.id, "plan.txt"]]);
});

await check("a teacher makes a quiz, a student takes it", async () => {
  quiz = await send(teacher, "POST", `courses/${course.id}/quizzes`, { quiz: { title: "Test", quiz_type: "assignment" } });
  await send(teacher, "POST", `courses/${course.id}/quizzes/${quiz.id}/questions`, {
    question: {
      question_text: "Where?",
      question_type: "multiple_choice_question",
      points_possible: 2,
      answers: [{ answer_text: "Seoul", answer_weight: 100 }, { answer_text: "Busan", answer_weight: 0 }],
    },
  });
  await send(teacher, "PUT", `courses/${course.id}/quizzes/${quiz.id}`, { quiz: { published: true } });
  const at = `courses/${course.id}/quizzes/${quiz.id}/submissions`;
  const [{ id, attempt, validation_token }] = (await send(student, "POST", at)).quiz_submissions;
  const [question] = (await read(student, `quiz_submissions/${id}/questions`)).quiz_submission_questions;
  const answer = question.answers.find(({ text }) => text === "Seoul").id;
  const quiz_questions = [{ id: question.id, answer }];
  await send(student, "POST", `quiz_submissions/${id}/questions`, { attempt, validation_token, quiz_questions });
  const [done] = (await send(student, "POST", `${at}/${id}/complete`, { attempt, validation_token })).quiz_submissions;
  assert.deepEqual([done.workflow_state, done.score], ["complete", 2]);
});

await check("sections are made and people put into them", async () => {
  const section = await send(admin, "POST", `courses/${course.id}/sections`, { course_section: { name: "Lab", sis_section_id: `SEC-${unique}` } });
  await send(admin, "POST", `sections/sis_section_id:SEC-${unique}/enrollments`, { enrollment: { user_id: crowd[1].id, type: "StudentEnrollment", enrollment_state: "active" } });
  const inside = await admin.listItems(`sections/${section.id}/enrollments`).toArray();
  assert.deepEqual(inside.map(({ user_id }) => user_id), [crowd[1].id]);
});

await check("an enrolment is concluded, and the student is out", async () => {
  const [one] = await read(admin, `courses/${course.id}/enrollments`, { user_id: crowd[2].id });
  assert.equal((await send(admin, "DELETE", `courses/${course.id}/enrollments/${one.id}?task=conclude`)).enrollment_state, "completed");
});

await check("what is refused is a CanvasApiResponseError with its status and its reasons", async () => {
  const refusal = async (act) => {
    const error = await act.then(() => undefined, (problem) => problem);
    assert.ok(error instanceof CanvasApiResponseError, `${error}`);
    assert.ok(error.response.json.errors, error.response.text);
    return error.response.statusCode;
  };
  assert.equal(await refusal(admin.get("courses/999999999")), 404);
  assert.equal(await refusal(as("nonsense").get("courses")), 401);
  assert.equal(await refusal(student.request(`courses/${course.id}/assignments`, "POST", { assignment: { name: "Mine" } })), 403);
  assert.equal(await refusal(teacher.request(`courses/${course.id}/assignments`, "POST", { assignment: { name: "x", points_possible: "many" } })), 400);
  await assert.rejects(admin.listItems("accounts/1").toArray(), CanvasApiPaginationError);
});

await check("a SIS import is taken, worked on, and reports what it did", async () => {
  const file = new File([`user_id,login_id,full_name,status\nK-${unique},k-${unique}@example.com,Kim Kim,active\n`], "users.csv", { type: "text/csv" });
  let { json: job } = await admin.sisImport(file);
  const deadline = Date.now() + 60_000;
  while (job.progress < 100 || ["initializing", "created", "importing"].includes(job.workflow_state)) {
    assert.ok(Date.now() < deadline, "it does not end");
    await wait(200);
    job = await read(admin, `accounts/1/sis_imports/${job.id}`);
  }
  assert.equal(job.workflow_state, "imported");
  assert.equal((await read(admin, `users/sis_user_id:K-${unique}`)).name, "Kim Kim");
});

await check("a deleted course is gone", async () => {
  assert.equal((await send(admin, "DELETE", `courses/${course.id}?event=delete`)).delete, true);
  await assert.rejects(teacher.get(`courses/${course.id}`), CanvasApiResponseError);
});
