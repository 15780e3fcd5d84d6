// The live part of the page. It takes over the table that the server rendered, follows one stream of events, and shows logs.
// Text is only ever set as text, never as markup.
"use strict";
(() => {
const $ = (id) => document.getElementById(id);
const el = (tag, props, ...kids) => { const e = Object.assign(document.createElement(tag), props); e.append(...kids); return e; };
const svg = (tag, attrs) => { const e = document.createElementNS("http://www.w3.org/2000/svg", tag); for (const a in attrs) e.setAttribute(a, attrs[a]); return e; };
const body = document.body;

// ---- states, as the daemon numbers them
const STATES = {
  0: ["stopped", "statusnominal"], 10: ["starting", "statusstarting"], 20: ["running", "statusrunning"], 30: ["backoff", "statuserror"],
  40: ["stopping", "statusstarting"], 100: ["exited", "statusnominal"], 200: ["fatal", "statuserror"], 1000: ["unknown", "statuserror"],
};
const trouble = (r) => r.s === 30 || r.s === 200 || r.s === 1000 || (r.s === 100 && !!r.w) || r.h === "unhealthy";
const startable = (r) => r.s === 0 || r.s === 100 || r.s === 200;
const stoppable = (r) => r.s === 10 || r.s === 20 || r.s === 30;
const CHIPS = [
  ["all", "All", () => true], ["trouble", "Problems", trouble], ["running", "Running", (r) => r.s === 20],
  ["other", "Not running", (r) => r.s !== 20 && !trouble(r)],
];

// ---- what is shown
const programs = new Map(); // by id: {r, tr and its parts, use, curve}
const groups = new Map();   // by name: header row of a group of several
const selected = new Set();
let folded = new Set();
try { folded = new Set(JSON.parse(sessionStorage.getItem("folded")) || []); } catch { /* without it nothing is folded */ }
let chip = "all", known = body.dataset.known, token = body.dataset.token, mood = "RUNNING", current = null;
let ahead = Number(body.dataset.now) - Date.now() / 1000; // server's clock minus ours
const title = document.title;
let tbody;

const uptime = (since) => {
  const s = Math.max(0, Math.floor(Date.now() / 1000 + ahead) - since), d = Math.floor(s / 86400);
  const two = (n) => String(n).padStart(2, "0");
  const clock = `${Math.floor(s / 3600) % 24}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}`;
  return d === 0 ? clock : d === 1 ? `1 day, ${clock}` : `${d} days, ${clock}`;
};
const describe = (r) => r.s === 20 ? `${r.d}, uptime ${uptime(r.t)}` : r.d || "";
const bytes = (kib) => kib < 1024 ? `${kib} KB` : kib < 1048576 ? `${(kib / 1024).toFixed(kib < 10240 ? 1 : 0)} MB` : `${(kib / 1048576).toFixed(1)} GB`;

// ---- rows
const seen = new IntersectionObserver((entries) => {
  for (const e of entries) {
    const p = programs.get(e.target.dataset.id);
    if (p) { p.visible = e.isIntersecting; if (p.visible) { tick(p); curve(p); } }
  }
});

function make(r) {
  const p = { r, curve: [], visible: false };
  p.box = el("input", { type: "checkbox" });
  p.box.setAttribute("aria-label", `Select ${r.id}`);
  p.state = el("span");
  p.link = el("a", { textContent: r.id, href: `#log/${encodeURIComponent(r.id)}` });
  p.info = el("span");
  p.why = el("span", { className: "why" });
  p.health = el("span");
  p.told = el("span", { className: "note" });
  p.kept = el("span", { className: "note" });
  p.cpu = el("span", { className: "cpu" });
  p.mem = el("span", { className: "mem" });
  p.line = svg("polyline");
  const s = svg("svg", { viewBox: "0 0 64 18", preserveAspectRatio: "none", "aria-hidden": "true" });
  s.append(p.line);
  p.actions = el("td", { className: "action" });
  p.tr = el("tr", { tabIndex: -1 },
    el("td", { className: "pick" }, el("label", {}, p.box)), el("td", { className: "status" }, p.state),
    el("td", { className: "name" }, p.link), el("td", { className: "desc" }, p.info, p.why, p.health, p.told, p.kept),
    el("td", { className: "use" }, p.cpu, p.mem, s), p.actions);
  p.tr.dataset.id = r.id;
  fill(p);
  seen.observe(p.tr);
  return p;
}

function fill(p) {
  const r = p.r, [name, cls] = STATES[r.s] || ["unknown", "statuserror"];
  p.state.textContent = name;
  p.state.className = cls;
  p.why.textContent = r.w || "";
  p.health.textContent = r.h || "";
  p.health.className = r.h === "unhealthy" ? "why" : "note";
  p.told.textContent = r.x || "";
  p.kept.textContent = r.k || "";
  p.info.title = r.e || "";
  p.tr.dataset.group = r.g;
  tick(p, true);
  const wanted = [];
  if (r.s === 20) wanted.push(["restart", "Restart"]);
  if (stoppable(r)) wanted.push(["stop", "Stop"]);
  if (startable(r)) wanted.push(["start", "Start"]);
  p.actions.replaceChildren(...wanted.map(([action, text]) => {
    const b = el("button", { type: "button", textContent: text });
    b.dataset.do = action;
    b.setAttribute("aria-label", `${text} ${r.id}`);
    return b;
  }));
  if (!r.p || !p.use) usage(p, null);
}

function tick(p, always) {
  if (always || (p.visible && p.r.s === 20)) {
    const text = describe(p.r);
    if (p.info.textContent !== text) p.info.textContent = text;
    p.info.parentNode.classList.toggle("empty", !text && !p.r.w && !p.r.x && !p.r.k);
  }
}

function usage(p, use) {
  p.use = use;
  p.cpu.parentNode.classList.toggle("empty", !use);
  p.cpu.textContent = use && use[0] >= 0 ? `${(use[0] / 10).toFixed(1)} %` : "";
  p.mem.textContent = use ? bytes(use[1]) : "";
  p.cpu.parentNode.title = use ? "CPU (100 % is one core) and memory of the process and its children" : "";
  if (!use) { p.curve = []; p.line.removeAttribute("points"); }
}

const POINTS = 60;
function curve(p) {
  if (p.curve.length < 2) return;
  const top = Math.max(50, ...p.curve), step = 64 / (POINTS - 1), from = 64 - (p.curve.length - 1) * step;
  p.line.setAttribute("points", p.curve.map((v, i) => `${(from + i * step).toFixed(1)},${(17 - 16 * v / top).toFixed(1)}`).join(" "));
}

const after = (a, b) => a.g !== b.g ? (a.g < b.g ? -1 : 1) : a.id < b.id ? -1 : a.id > b.id ? 1 : 0;

// order puts rows and the headers of groups of several in their places; only what is in the wrong one is moved.
function order() {
  const list = [...programs.values()].sort((a, b) => after(a.r, b.r)), size = new Map();
  for (const p of list) size.set(p.r.g, (size.get(p.r.g) || 0) + 1);
  const wanted = [];
  for (const g of groups.keys()) if (!size.has(g)) groups.delete(g);
  let last = null;
  for (const p of list) {
    const g = p.r.g, member = p.r.id !== g;
    if (g !== last && member) { if (!groups.has(g)) groups.set(g, header(g)); wanted.push(groups.get(g).tr); }
    p.tr.classList.toggle("member", member);
    last = g;
    wanted.push(p.tr);
  }
  let at = tbody.firstChild;
  for (const tr of wanted) {
    if (tr === at) { at = at.nextSibling; continue; }
    tbody.insertBefore(tr, at);
  }
  while (at) { const next = at.nextSibling; at.remove(); at = next; }
}

function header(g) {
  const h = { fold: el("button", { type: "button", className: "fold", textContent: g }), sum: el("span", { className: "sum" }), box: el("input", { type: "checkbox" }) };
  h.box.setAttribute("aria-label", `Select group ${g}`);
  const acts = el("td", { className: "action" });
  for (const [action, text] of [["restart", "Restart"], ["stop", "Stop"], ["start", "Start"]]) {
    const b = el("button", { type: "button", textContent: text });
    b.dataset.do = action;
    b.setAttribute("aria-label", `${text} group ${g}`);
    acts.append(b);
  }
  h.tr = el("tr", { className: "group", tabIndex: -1 }, el("td", { className: "pick" }, el("label", {}, h.box)), el("td", { className: "title", colSpan: 4 }, h.fold, h.sum), acts);
  h.tr.dataset.head = g;
  return h;
}

const members = (g) => [...programs.values()].filter((p) => p.r.g === g);

// show applies filter, chips and folding, and counts.
function show() {
  const words = $("filter").value.toLowerCase().split(/\s+/).filter(Boolean), want = CHIPS.find((c) => c[0] === chip)[2];
  const counts = CHIPS.map(() => 0), heads = new Map();
  let any = false;
  for (const p of programs.values()) {
    const r = p.r, text = `${r.id} ${r.g} ${p.state.textContent} ${r.d || ""} ${r.w || ""} ${r.h || ""} ${r.x || ""} ${r.k || ""}`.toLowerCase();
    CHIPS.forEach((c, i) => { if (c[2](r)) counts[i]++; });
    const match = want(r) && words.every((w) => text.includes(w));
    any = any || match;
    const h = heads.get(r.g) || { match: 0, all: 0, running: 0, trouble: 0, picked: 0 };
    heads.set(r.g, h);
    h.all++;
    if (match) h.match++;
    if (r.s === 20) h.running++;
    if (trouble(r)) h.trouble++;
    if (selected.has(r.id)) h.picked++;
    p.match = match;
    p.tr.hidden = !match || (groups.has(r.g) && folded.has(r.g) && r.id !== r.g && !words.length);
  }
  for (const [g, h] of groups) {
    const c = heads.get(g);
    h.tr.hidden = !c.match;
    h.fold.setAttribute("aria-expanded", String(!folded.has(g) || words.length > 0));
    h.sum.textContent = `${c.running} of ${c.all} running${c.trouble ? `, ${c.trouble} with problems` : ""}`;
    h.box.checked = c.picked === c.all;
    h.box.indeterminate = c.picked > 0 && c.picked < c.all;
  }
  CHIPS.forEach((c, i) => {
    const b = $("chips").children[i];
    b.textContent = `${c[1]} ${counts[i]}`;
    b.setAttribute("aria-pressed", String(c[0] === chip));
    b.classList.toggle("alert", c[0] === "trouble" && counts[i] > 0);
  });
  $("nothing").hidden = any || !programs.size;
  tbody.parentNode.hidden = !programs.size;
  const empty = $("empty");
  if (!programs.size && !empty) $("programs").append(el("p", { id: "empty", textContent: "No programs to manage" }));
  if (programs.size && empty) empty.remove();
  document.title = counts[1] ? `(${counts[1]}) ${title}` : title;
  pick();
}

// later does a thing once per frame, however often it is asked for.
const later = (f) => { let due = false; return () => { if (!due) { due = true; requestAnimationFrame(() => { due = false; f(); }); } }; };
const showSoon = later(show);

function set(rows, flash) {
  let moved = false;
  for (const r of rows) {
    const p = programs.get(r.id);
    if (!p) { programs.set(r.id, make(r)); moved = true; continue; }
    const other = p.r.s !== r.s;
    moved = moved || p.r.g !== r.g;
    p.r = r;
    fill(p);
    if (flash && other) { p.state.classList.remove("flash"); void p.state.offsetWidth; p.state.classList.add("flash"); }
    if (current && current.id === r.id) logHead();
  }
  return moved;
}

function drop(id) {
  const p = programs.get(id);
  if (!p) return;
  seen.unobserve(p.tr);
  programs.delete(id);
  selected.delete(id);
}

// ---- the stream
let source, retry, lostAt;
function connect() {
  clearTimeout(retry);
  if (source) source.close();
  source = new EventSource(`live/events?known=${encodeURIComponent(known)}`);
  const on = (name, f) => source.addEventListener(name, (e) => { if (e.lastEventId) known = e.lastEventId; f(JSON.parse(e.data)); });
  on("hello", (t) => { if (t.token) token = t.token; lostAt = null; connection("live", "live"); body.classList.remove("stale"); });
  on("table", (t) => {
    const ids = new Set(t.rows.map((r) => r.id));
    for (const id of [...programs.keys()]) if (!ids.has(id)) drop(id);
    set(t.rows, true);
    order();
    show();
  });
  on("patch", (t) => {
    for (const id of t.del || []) drop(id);
    if (set(t.set || [], true) || t.del) order();
    showSoon();
  });
  on("usage", (u) => {
    for (const id in u) { const p = programs.get(id); if (p) usage(p, u[id]); }
    for (const p of programs.values()) {
      if (!p.use || p.use[0] < 0) continue;
      p.curve.push(p.use[0]);
      if (p.curve.length > POINTS) p.curve.shift();
      if (p.visible) curve(p);
    }
  });
  on("mood", (m) => {
    ahead = m.now - Date.now() / 1000;
    mood = m.state;
    $("mood").hidden = mood === "RUNNING";
    $("mood").textContent = mood === "RESTARTING" ? "Restarting: all programs are being stopped and will start again." : mood === "SHUTDOWN" ? "Shutting down: all programs are being stopped." : "";
    body.classList.toggle("ending", mood !== "RUNNING");
  });
  source.onerror = () => {
    lostAt = lostAt || new Date();
    connection("lost", `connection lost at ${lostAt.toLocaleTimeString()}, trying again…`);
    body.classList.add("stale");
    if (source.readyState === EventSource.CLOSED) { clearTimeout(retry); retry = setTimeout(connect, 2000); }
  };
}
function connection(cls, text) { $("connection").className = cls; $("connection").textContent = text; }

// ---- actions
let quiet;
function say(text, wrong) {
  clearTimeout(quiet);
  const m = $("statusmessage");
  m.textContent = text;
  m.className = text ? `status_msg${wrong ? " wrong" : ""}` : "hidden";
  if (text && !wrong) quiet = setTimeout(() => say(""), 8000);
}

async function act(action, ids) {
  const list = ids.map((id) => programs.get(id)).filter(Boolean);
  for (const p of list) p.tr.classList.add("busy");
  try {
    const form = new URLSearchParams([["action", action], ["token", token], ...ids.map((id) => ["selected", id])]);
    const reply = await fetch("live/action", { method: "POST", body: form });
    if (!reply.ok) throw new Error((await reply.text()).trim() || `status ${reply.status}`);
    const outcomes = await reply.json(), wrong = outcomes.filter((o) => !o.ok);
    if (wrong.length) say(wrong.map((o) => o.text).join("\n"), true);
    else say(outcomes.length === 1 ? outcomes[0].text : `${action}: ${outcomes.length} programs done`);
  } catch (e) {
    say(`Could not ${action}: ${e.message}`, true);
  } finally {
    for (const p of list) p.tr.classList.remove("busy");
  }
}

function ask(text, button, then) {
  const d = $("confirm");
  d.querySelector("p").textContent = text;
  d.querySelector("button").textContent = button;
  d.returnValue = "no";
  d.onclose = () => { if (d.returnValue === "yes") then(); };
  d.showModal();
}

function useful(action, ids) {
  return ids.filter((id) => { const r = programs.get(id).r; return action === "start" ? startable(r) : action === "stop" ? stoppable(r) : true; });
}

function several(action, ids, what) {
  const list = useful(action, ids), verb = action[0].toUpperCase() + action.slice(1);
  if (!list.length) { say(`Nothing to ${action}`); return; }
  if (action === "start") { act(action, list); return; }
  ask(`${verb} ${list.length === 1 ? list[0] : `${list.length} programs`}${what}?`, verb, () => act(action, list));
}

function pick() {
  const n = selected.size;
  $("selection").hidden = !n;
  body.classList.toggle("picking", n > 0);
  $("selected").textContent = `${n} selected`;
}

// ---- the log
const MOST = 5000; // lines that are kept
let feed, follows = true, open = null;

function logHead() {
  const p = programs.get(current.id);
  $("logname").textContent = current.id;
  $("logstate").textContent = p ? p.state.textContent : "gone";
  $("logstate").className = p ? p.state.className : "statusnominal";
  $("logactions").replaceChildren(...(p ? [...p.actions.children].map((b) => b.cloneNode(true)) : []));
  for (const b of document.querySelectorAll("[data-channel]")) b.setAttribute("aria-pressed", String(b.dataset.channel === current.channel));
  $("rawlog").href = `logtail/${encodeURIComponent(current.id)}${current.channel === "stderr" ? "/stderr" : ""}`;
}

function openLog(id, channel) {
  if (current && current.id === id && current.channel === channel) return;
  closeFeed();
  if (current && programs.has(current.id)) programs.get(current.id).tr.classList.remove("open");
  current = { id, channel };
  const p = programs.get(id);
  if (p) p.tr.classList.add("open");
  $("log").hidden = false;
  body.classList.add("log");
  $("found").hidden = true;
  logHead();
  resetLog();
  feed = new EventSource(`live/log?processname=${encodeURIComponent(id)}&channel=${channel}`);
  feed.addEventListener("begin", resetLog);
  feed.addEventListener("text", (e) => append(JSON.parse(e.data)));
  feed.addEventListener("none", (e) => { resetLog(); note(JSON.parse(e.data)); feed.close(); });
}

function closeFeed() { if (feed) { feed.close(); feed = null; } }

function closeLog() {
  closeFeed();
  const id = current && current.id;
  current = null;
  $("log").hidden = true;
  body.classList.remove("log");
  const p = programs.get(id);
  if (p) { p.tr.classList.remove("open"); p.link.focus({ preventScroll: true }); }
}

function resetLog() { $("logtext").replaceChildren(); open = null; follow(true); mark(); }
function note(text) { $("logtext").append(el("span", { className: "note", textContent: text })); }

// clean makes control characters harmless to read: colours go, what a carriage return has overwritten goes.
const clean = (line) => {
  line = line.replace(/\r+$/, "");
  const cr = line.lastIndexOf("\r");
  return (cr < 0 ? line : line.slice(cr + 1)).replace(/\u001b\[[0-9;?]*[ -/]*[@-~]/g, "").replace(/[\u0000-\u0008\u000b-\u001f\u007f]/g, "\ufffd");
};

function append(text) {
  const view = $("logtext"), lines = text.split("\n"), fresh = document.createDocumentFragment(), touched = [];
  lines.forEach((part, i) => {
    if (!open) {
      if (i === lines.length - 1 && part === "") return;
      open = el("span");
      open.raw = "";
      fresh.append(open);
    }
    open.raw += part;
    if (!touched.includes(open)) touched.push(open);
    if (i < lines.length - 1) { open.ended = true; open = null; }
  });
  view.append(fresh);
  for (const s of touched) paint(s);
  while (view.childElementCount > MOST) view.firstElementChild.remove();
  if (follows) view.scrollTop = view.scrollHeight;
  count();
}

// paint writes one line, with what is searched for marked.
function paint(s) {
  const text = clean(s.raw) + (s.ended ? "\n" : ""), want = $("search").value.toLowerCase();
  if (!want) { s.textContent = text; return; }
  s.replaceChildren(...marked(text, want));
}
function marked(text, want) {
  const parts = [], low = text.toLowerCase();
  let at = 0;
  if (low.length === text.length) {
    for (let i = low.indexOf(want); i >= 0; i = low.indexOf(want, at)) {
      parts.push(text.slice(at, i), el("mark", { textContent: text.slice(i, i + want.length) }));
      at = i + want.length;
    }
  }
  parts.push(text.slice(at));
  return parts;
}
function mark() { for (const s of $("logtext").children) if (s.raw !== undefined) paint(s); count(); }
const marks = () => $("logtext").getElementsByTagName("mark");
const count = later(() => {
  const n = marks().length, want = $("search").value;
  $("hits").textContent = want ? `${n} ${n === 1 ? "match" : "matches"}` : "";
  $("previous").disabled = $("next").disabled = !n;
  $("whole").disabled = !want;
});
function jump(step) {
  const all = [...marks()];
  if (!all.length) return;
  const here = all.findIndex((m) => m.classList.contains("here")), to = here < 0 ? (step > 0 ? 0 : all.length - 1) : (here + step + all.length) % all.length;
  if (here >= 0) all[here].classList.remove("here");
  all[to].classList.add("here");
  follow(false);
  all[to].scrollIntoView({ block: "center" });
}
function follow(yes) {
  follows = yes;
  $("follow").hidden = yes;
  if (yes) $("logtext").scrollTop = $("logtext").scrollHeight;
}
async function searchWhole() {
  const { id, channel } = current, want = $("search").value, view = $("found");
  if (!want) return;
  view.hidden = false;
  view.textContent = "Searching…";
  try {
    const reply = await fetch(`live/search?processname=${encodeURIComponent(id)}&channel=${channel}&q=${encodeURIComponent(want)}`);
    if (!reply.ok) throw new Error((await reply.text()).trim());
    const f = await reply.json();
    const head = `${f.total} ${f.total === 1 ? "line" : "lines"} in ${f.whole ? "the whole log" : `the last ${bytes(f.bytes >> 10)}`}${f.total > f.lines.length ? `, the last ${f.lines.length} shown` : ""}\n`;
    view.replaceChildren(el("span", { className: "note", textContent: head }), ...f.lines.flatMap((l) => marked(clean(l) + "\n", want.toLowerCase())));
    view.scrollTop = view.scrollHeight;
  } catch (e) { view.textContent = `Cannot search: ${e.message}`; }
}

// route opens the log that the address names, so that reload and the back button do what they should.
function route() {
  const m = /^#log\/([^/]+)(?:\/(stdout|stderr))?$/.exec(location.hash);
  let id = null;
  if (m) try { id = decodeURIComponent(m[1]); } catch { /* no address of ours */ }
  if (!id) { if (current) closeLog(); return; }
  openLog(id, m[2] || "stdout");
}
const leave = () => { if (location.hash.startsWith("#log/")) { history.pushState(null, "", location.pathname + location.search); route(); } };

// ---- hands: mouse, touch, keyboard
function events() {
  document.addEventListener("click", (e) => {
    const b = e.target.closest("button, a, input[type=checkbox]");
    if (!b) return;
    const tr = b.closest("tr"), inLog = b.closest("#logactions");
    if (b.dataset.all) {
      e.preventDefault();
      const stop = b.dataset.all === "stopall";
      ask(stop ? "Stop all programs?" : "Stop all programs and start them again?", stop ? "Stop All" : "Restart All", () => act(b.dataset.all, []));
    } else if (b.classList.contains("fold")) {
      const g = tr.dataset.head;
      if (!folded.delete(g)) folded.add(g);
      try { sessionStorage.setItem("folded", JSON.stringify([...folded])); } catch { /* then not */ }
      show();
    } else if (b.type === "checkbox") {
      const ids = tr.dataset.head ? members(tr.dataset.head).filter((p) => p.match).map((p) => p.r.id) : [tr.dataset.id];
      for (const id of ids) { if (b.checked) selected.add(id); else selected.delete(id); programs.get(id).box.checked = b.checked; }
      show();
    } else if (b.closest("#selection")) {
      const ids = [...selected];
      if (b.dataset.do) several(b.dataset.do, ids, "");
      else { for (const id of ids) programs.get(id).box.checked = false; selected.clear(); show(); }
    } else if (b.dataset.do && inLog) act(b.dataset.do, [current.id]);
    else if (b.dataset.do && tr.dataset.head) several(b.dataset.do, members(tr.dataset.head).map((p) => p.r.id), ` of ${tr.dataset.head}`);
    else if (b.dataset.do) act(b.dataset.do, [tr.dataset.id]);
    else if (b.dataset.channel) location.hash = `#log/${encodeURIComponent(current.id)}/${b.dataset.channel}`;
  });
  $("filter").addEventListener("input", showSoon);
  $("nothing").querySelector("button").addEventListener("click", () => { $("filter").value = ""; chip = "all"; show(); });
  $("chips").addEventListener("click", (e) => { const b = e.target.closest("button"); if (b) { chip = b.dataset.chip; show(); } });
  $("logclose").addEventListener("click", leave);
  $("clearlog").addEventListener("click", () => ask(`Clear both logs of ${current.id}?`, "Clear", () => act("clearlog", [current.id])));
  $("search").addEventListener("input", mark);
  $("search").addEventListener("keydown", (e) => { if (e.key === "Enter") { e.preventDefault(); jump(e.shiftKey ? -1 : 1); } });
  $("next").addEventListener("click", () => jump(1));
  $("previous").addEventListener("click", () => jump(-1));
  $("whole").addEventListener("click", searchWhole);
  $("follow").addEventListener("click", () => follow(true));
  $("logtext").addEventListener("scroll", () => {
    const v = $("logtext"), end = v.scrollHeight - v.scrollTop - v.clientHeight < 30;
    if (end !== follows) follow(end);
  });
  addEventListener("hashchange", route);
  document.addEventListener("keydown", keys);
}

function keys(e) {
  if (e.ctrlKey || e.metaKey || e.altKey || $("confirm").open) return;
  const typing = e.target.matches("input[type=search]");
  if (e.key === "Escape") {
    if (typing && e.target.value) { e.target.value = ""; e.target.dispatchEvent(new Event("input")); }
    else if (typing) e.target.blur();
    else if (!$("found").hidden && current) $("found").hidden = true;
    else leave();
    return;
  }
  if (typing && !(e.target.id === "filter" && e.key === "ArrowDown")) return;
  const rows = [...tbody.children].filter((tr) => !tr.hidden), at = rows.indexOf(document.activeElement.closest("tr"));
  const go = (i) => { const tr = rows[Math.min(Math.max(i, 0), rows.length - 1)]; if (tr) { e.preventDefault(); tr.focus(); tr.scrollIntoView({ block: "nearest" }); } };
  if (e.key === "/") { e.preventDefault(); (current ? $("search") : $("filter")).focus(); }
  else if (e.target.closest("pre")) return;
  else if (e.key === "ArrowDown" || e.key === "j") go(at + 1);
  else if (e.key === "ArrowUp" || e.key === "k") go(at < 0 ? 0 : at - 1);
  else if (at >= 0 && e.key === "x") rows[at].querySelector("input").click();
  else if (at >= 0 && e.key === "Enter" && e.target === rows[at]) { e.preventDefault(); (rows[at].querySelector(".fold") || rows[at].querySelector(".name a")).click(); }
}

// ---- take over
function start() {
  const rows = [...document.querySelectorAll("tr[data-row]")].map((tr) => JSON.parse(tr.dataset.row));
  tbody = el("tbody");
  const heads = ["", "State", "Name", "Description", "CPU, memory", "Action"].map((t) => el("th", { scope: "col", textContent: t, className: t.startsWith("CPU") ? "use" : "" }));
  const table = el("table", { id: "statustable" }, el("thead", {}, el("tr", {}, ...heads)), tbody);
  const old = $("statustable");
  if (old) old.replaceWith(table); else $("programs").prepend(table);
  for (const [id] of CHIPS) { const b = el("button", { type: "button" }); b.dataset.chip = id; $("chips").append(b); }
  for (const id of ["tools", "keys"]) $(id).hidden = false;
  set(rows);
  order();
  show();
  events();
  route();
  connect();
  setInterval(() => { if (!document.hidden) for (const p of programs.values()) tick(p); }, 1000);
}
start();
})();
