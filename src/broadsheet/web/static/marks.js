// Marks without loading the page again, and keys for them. Without this file forms do the same.

const notice = document.getElementById("notice");
const done = []; // acts that `u` takes back, the last one last
let turn = Promise.resolve(); // one after the other, as they were asked for
let waiting = 0; // how many are not answered yet

function linesOf(paper) {
  return [...document.querySelectorAll(".line")].filter((line) => line.dataset.paper === paper);
}

function fresh(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return template.content;
}

function replace(line, html) {
  const key = line.contains(document.activeElement) ? document.activeElement.dataset.key : null;
  const isOpen = line.querySelector("details")?.open;
  const made = fresh(html).querySelector(".line");
  made.querySelector("details").open = isOpen;
  line.replaceWith(made);
  if (key) made.querySelector(`[data-key="${key}"]`)?.focus();
}

function show(answer) {
  for (const line of linesOf(answer.paper)) {
    line.closest("article")?.classList.toggle("gone", answer.gone);
    replace(line, answer.line);
  }
  tell(answer.notice);
}

function tell(html) {
  notice.replaceChildren(fresh(html));
}

function remember(body) {
  const act = notice.querySelector("[name=act]")?.value;
  const at = done.lastIndexOf(body.get("act"));
  if (act) done.push(act);
  else if (at >= 0) done.splice(at, 1);
}

async function send(address, body) {
  const headers = { "X-Part": "line" };
  const answer = await fetch(address, { method: "POST", body, headers, keepalive: true });
  if (!answer.ok) throw new Error(String(answer.status));
  show(await answer.json());
  remember(body);
}

function wait(more) {
  waiting += more;
  notice.setAttribute("aria-busy", String(waiting > 0));
}

function inTurn(work) {
  wait(1);
  turn = turn
    .then(work)
    .catch(() => tell("<p>That did not work. Load the page again to see how it is.</p>"))
    .finally(() => wait(-1));
}

// What is on its way arrives though the page is left; what stands behind it would be lost.
addEventListener("beforeunload", (event) => {
  if (waiting > 1) event.preventDefault();
});

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("[data-mark]")) return;
  event.preventDefault();
  const body = new URLSearchParams(new FormData(form, event.submitter));
  inTurn(() => send(form.action, body));
});

function press(item, key) {
  item.querySelector(`.line [data-key="${key}"]`)?.click();
}

function tag(item) {
  const more = item.querySelector(".line details");
  if (!more) return;
  more.open = true;
  more.querySelector("[name=tag]").focus();
}

function note(item) {
  const field = document.querySelector("[data-note]");
  if (field && item.matches("article.paper")) {
    field.closest("details").open = true;
    field.focus();
    return;
  }
  const link = item.querySelector(".headline a");
  if (link) location.assign(`${link.pathname}#note`);
}

async function undo() {
  const act = done.pop() ?? notice.querySelector("[name=act]")?.value;
  if (act) await send("/undo", new URLSearchParams({ act }));
}

const keys = {
  s: (item) => press(item, "save"),
  x: (item) => press(item, "never"),
  v: (item) => press(item, "up"),
  "+": (item) => press(item, "up"),
  "-": (item) => press(item, "down"),
  t: tag,
  n: note,
};

document.addEventListener("paperkey", (event) => {
  const { key, item } = event.detail;
  if (key === "u") inTurn(undo);
  else if (Object.hasOwn(keys, key) && item) keys[key](item);
  else return;
  event.preventDefault();
});

document.addEventListener("keydown", (event) => {
  const field = event.target instanceof Element ? event.target.closest(".line [name=tag]") : null;
  if (!field || event.key !== "Escape") return;
  const line = field.closest(".line");
  line.querySelector("details").open = false;
  line.closest("article").querySelector(".headline a")?.focus();
});
