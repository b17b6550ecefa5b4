// The page: what is pasted and asked, and what the program answers. Python runs in a worker.
import { showPictures, showText } from "./answer_view.js";
import { exercises } from "./exercises.js";
import { heldTexts } from "./held_texts.js";
import { packed, unpacked } from "./shared_link.js";

const data = JSON.parse(document.getElementById("data").textContent);
const by = (id) => document.getElementById(id);
const LANG = "iptsim-lang", PATIENCE = 3000, REST = 1000, LONG_DRAWN = 2000;
const NAMES = { after: "after.txt", before: "before.txt" };
const DRAWN = ["trace", "diff", "graph"];
let lang = data.first, tab = "trace", works = "loading";

const say = (key, facts = {}) =>
  data.words[lang][key].replace(/\{(\w+)\}/g, (whole, name) => (name in facts ? facts[name] : whole));
let said = null;
const status = (key, facts) => { said = [key, facts]; by("status").textContent = say(key, facts); };

// ---- Python

let worker = null, waiting = new Map(), next = 0, ticking, drawing = 0;
const able = window.isSecureContext && window.Worker && window.DecompressionStream;
const begun = able ? keepFiles().then(start) : new Promise(() => {});

function start() {
  worker = new Worker("python_worker.js", { type: "module" });
  worker.onmessage = ({ data: told }) => {
    if (told.ready) loaded(told.ready);
    else if (told.broken) broke(told.broken);
    else settle(told.id, told.answer);
  };
  worker.onerror = (event) => broke(event.message || "");
  worker.postMessage({ start: { stamp: data.stamp } });
  works = "loading";
  if (!ticking) status("loading");
}

function settle(id, answer) {
  const done = waiting.get(id);
  waiting.delete(id);
  if (done) done(answer);
  setTimeout(atRest, REST);
}

function restart() {
  worker.terminate();
  drawing = 0;
  for (const id of [...waiting.keys()]) settle(id, null);
  start();
}

function broke(why) {
  if (works === "loading") {
    for (const id of [...waiting.keys()]) settle(id, null);
    status("failed", { why });
    return;
  }
  restart();
  status("broke", { why });
}

function loaded(from) {
  works = from;
  if (!waiting.size) status("ready");
  document.documentElement.dataset.python = from;
  setTimeout(atRest, REST);
}

async function asked(request) {
  const id = (next += 1);
  by("out").dataset.columns = columns();
  await begun;
  return new Promise((done) => {
    waiting.set(id, done);
    worker.postMessage({ id, asked: { columns: columns(), ...request, words: request.words && [...request.words, ...language(request.words)] } });
  });
}

const language = (words) => (words.includes("--lang") ? [] : ["--lang", lang]);

// ---- When nothing is asked: what makes the next visit quick, and possible without a network.

let rested = false;
function atRest() {
  if (rested || waiting.size || works === "loading") return;
  rested = true;
  const keeper = navigator.serviceWorker && navigator.serviceWorker.controller;
  if (keeper) {
    navigator.serviceWorker.addEventListener("message", () => {
      document.documentElement.dataset.kept = "yes";
      if (said && said[0] === "ready") status("offline");
      if (works === "files") remember();
    });
    keeper.postMessage("keep");
  } else if (works === "files" && self.caches) remember();
}

function remember() {
  if (navigator.connection && navigator.connection.saveData) return;
  const files = { [NAMES.before]: data.examples.istio.texts[NAMES.before], [NAMES.after]: data.examples.istio.texts[NAMES.after] };
  const save = { [NAMES.after]: data.examples.firewall.texts[NAMES.after] };
  const one = NAMES.after, both = [NAMES.before, NAMES.after];
  const calls = [
    ["trace", "--dport", "8088", one], ["trace", "--dport", "8088", "--format", "html", one], ["diff", ...both],
    ["diff", "--format", "html", ...both], ["query", "--fate", "DROP", one], ["explain", one], ["lint", one],
    ["graph", one], ["graph", "--format", "html", one], ["why", "--dport", "8088", one], ["learn", "check", "1"],
    ["learn", "list", "--format", "json"], ["trace", "--help"],
  ];
  const examples = calls.flatMap((words) => ["en", "zh"].map((each) => ({ words: [...words, "--lang", each], files })));
  examples.push(...calls.slice(0, 1).map((words) => ({ words: [...words, "--color", "always"], files: save })));
  const maker = new Worker("python_worker.js", { type: "module" });
  maker.onmessage = ({ data: told }) => {
    document.documentElement.dataset.remembered = told.ready ? "yes" : told.broken;
    maker.terminate();
  };
  maker.postMessage({ start: { stamp: data.stamp, making: true, examples } });
}

async function keepFiles() {
  if (!navigator.serviceWorker) return;
  const registered = navigator.serviceWorker.register("offline.js").catch(() => null);
  if (navigator.serviceWorker.controller) return;
  if (!await registered) return; // It is refused, in a private window for one: the page works with a network.
  await new Promise((done) => {
    navigator.serviceWorker.addEventListener("controllerchange", done, { once: true });
    setTimeout(done, PATIENCE);
  });
}

// ---- The question

const fields = () => [...by("form").querySelectorAll("input,select")];
const isShown = (one) => !one.closest("[hidden]");
const files = () => Object.fromEntries(Object.entries(NAMES)
  .map(([id, name]) => [name, held.text(id)]).filter(([, text]) => text.trim()));

function words() {
  const told = [tab], behind = [];
  for (const one of fields()) {
    const value = one.value.trim();
    if (!isShown(one) || !value) continue;
    if ("word" in one.dataset) told.push(value);
    else if ("words" in one.dataset) behind.push(...value.split(/\s+/));
    else if (one.type === "checkbox") { if (one.checked) told.push(one.dataset.option); }
    else told.push(`${one.dataset.option}=${value}`);
  }
  const whatIf = told.some((word) => word.startsWith("--with="));
  return [...told, ...(tab === "diff" && !whatIf && files()[NAMES.before] ? [NAMES.before] : []), NAMES.after, ...behind];
}

const spelled = (word) => (/^--[\w-]+=[^-]/.test(word) ? word.replace("=", " ") : word);
const quoted = (word) => {
  const [, option, value] = /^(--[\w-]+=)?([^]*)$/.exec(word);
  return (option || "") + (/^[\w.:/=,+@%-]+$/.test(value) ? value : `'${value.replace(/'/g, "'\\''")}'`);
};

async function ask() {
  if (tab === "learn") return;
  if (tab !== "line" && !files()[NAMES.after]) { status("no_rules"); by("after").focus(); return; }
  const line = by("line").value, told = words();
  // A question does not wait for the picture of the one before.
  if (drawing && performance.now() - drawing > LONG_DRAWN) restart();
  const request = tab === "line" ? { line } : { words: [...told, "--color", "always"] };
  const answer = await timed(() => asked({ ...request, files: files() }));
  if (answer) show(tab === "line" ? line.trim().split(" ") : told, answer, tab !== "line");
  if (answer && DRAWN.includes(tab)) await draw(told);
}

async function timed(call) {
  const began = performance.now(), seconds = () => ((performance.now() - began) / 1000).toFixed(1);
  by("stop").hidden = false;
  clearInterval(ticking);
  ticking = setInterval(() => { if (works !== "loading" && seconds() > 1) status("working", { seconds: Math.floor(seconds()) }); }, 500);
  const answer = await call();
  clearInterval(ticking);
  ticking = 0;
  by("stop").hidden = true;
  if (answer) status("done", { seconds: seconds() });
  return answer;
}

function show(told, answer, quote = true) {
  by("told").hidden = false;
  const own = told[0] === "iptsim" ? told.slice(1) : told;
  by("call").textContent = `$ iptsim ${(quote ? own.map(quoted).map(spelled) : own).join(" ")}`;
  showText(by("err"), answer.err);
  by("err").hidden = !answer.err;
  showText(by("out"), answer.out);
  by("out").hidden = !answer.out;
  by("out").dataset.code = answer.code;
  by("drawn").hidden = true;
  by("picture").replaceChildren();
  if (by("told").getBoundingClientRect().top > innerHeight * 0.8) by("told").scrollIntoView();
}

async function draw(told) {
  const names = ["--stat", "--commands", "--every", "--all", "--chain"];
  const plain = told.filter((word) => !names.includes(word.split("=")[0]) || word.startsWith("--chain"));
  drawing = performance.now();
  const answer = await asked({ words: [...plain, "--format", "html"], files: files() });
  if (!answer) return;
  drawing = 0;
  if (answer.code < 2) by("drawn").hidden = !showPictures(by("picture"), answer.out);
}

// ---- Tabs, languages, links

function choose(name) {
  tab = name;
  for (const one of document.querySelectorAll("[role=tab]")) {
    const mine = one.dataset.tab === name;
    one.setAttribute("aria-selected", mine);
    one.tabIndex = mine ? 0 : -1;
  }
  by("panel").setAttribute("aria-labelledby", `tab-${name}`);
  for (const one of document.querySelectorAll("[data-tabs]")) one.hidden = !one.dataset.tabs.split(" ").includes(name);
  by("form").hidden = name === "learn";
  by("learn").hidden = name !== "learn";
  by("what").textContent = say(`what.${name}`);
  by("rules").hidden = name === "learn";
  if (name === "learn") by("told").hidden = true;
  if (name === "diff") by("earlier").open = true;
  if (name === "learn") learn.opened();
}

function speak(chosen) {
  lang = chosen;
  document.documentElement.lang = lang === "zh" ? "zh-CN" : "en";
  document.title = say("title");
  by("lang").value = lang;
  for (const one of document.querySelectorAll("[data-say]")) one.textContent = say(one.dataset.say, { version: data.version });
  for (const one of document.querySelectorAll("[data-label]")) one.setAttribute("aria-label", say(one.dataset.label));
  for (const one of document.querySelectorAll("[data-hint]")) one.placeholder = say(one.dataset.hint);
  for (const one of fields()) if (data.help[lang][one.id]) one.title = data.help[lang][one.id];
  by("what").textContent = say(`what.${tab}`);
  if (said) status(...said);
  held.tell();
  by("picture").title = say("wide");
}

function fill(state) {
  for (const [id, name] of Object.entries(NAMES)) held.put(id, state.files[name] || "");
  by("earlier").open = Boolean(state.files[NAMES.before]);
  for (const one of fields()) {
    const value = state.fields[one.id] || "";
    if (one.type === "checkbox") one.checked = Boolean(value);
    else one.value = value;
    const fold = value && one.closest("form details");
    if (fold) fold.open = true;
  }
  choose(document.querySelector(`[data-tab="${CSS.escape(state.tab)}"]`) ? state.tab : "trace");
}

function state() {
  const told = fields().filter((one) => (one.type === "checkbox" ? one.checked : one.value.trim()));
  return { tab, files: files(), fields: Object.fromEntries(told.map((one) => [one.id, one.value])) };
}

async function share() {
  const fragment = await packed(state());
  history.replaceState(null, "", fragment);
  const size = Math.ceil(location.href.length / 1000);
  try {
    await navigator.clipboard.writeText(location.href);
    status("copied", { size });
  } catch {
    status("in_bar", { size });
  }
}

async function follow() {
  if (!location.hash || location.hash === "#question") return false;
  try {
    const told = await unpacked(location.hash);
    if (!told) return false;
    fill(told);
    return true;
  } catch {
    status("link.wrong");
    return false;
  }
}

function example(name) {
  const one = data.examples[name];
  if (!one) return;
  const asked = Object.entries(one.asked).map(([option, value]) => [`trace${option}`, value]);
  fill({ tab: tab === "line" || tab === "learn" ? "trace" : tab, files: one.texts, fields: Object.fromEntries([...asked, ["query--fate", one.fate], ["line", by("line").value]]) });
  ask();
}

async function read(file, into) {
  held.put(into, await file.text());
  if (into === "before") by("earlier").open = true;
}

// How many letters stand in a line of the answer.
function columns() {
  const one = document.createElement("span");
  one.className = "ruler";
  one.textContent = "0".repeat(50);
  by("told").append(one);
  const hidden = by("told").hidden;
  by("told").hidden = false;
  const wide = one.getBoundingClientRect().width / 50, room = by("told").clientWidth - 24;
  by("told").hidden = hidden;
  one.remove();
  return wide ? Math.max(40, Math.min(120, Math.floor(room / wide))) : 100;
}

const learn = exercises({ asked, show, say });
const held = heldTexts(Object.keys(NAMES), say);

by("form").addEventListener("submit", (event) => { event.preventDefault(); ask(); });
by("stop").addEventListener("click", () => { restart(); status("stopped"); });
by("link").addEventListener("click", share);
by("lang").addEventListener("change", () => {
  speak(by("lang").value);
  try { localStorage.setItem(LANG, lang); } catch { /* it is not kept, then */ }
  if (tab === "learn") learn.opened();
  else if (!by("told").hidden) ask();
});
by("example").addEventListener("change", () => example(by("example").value));
by("open").addEventListener("click", () => by("file").click());
by("file").addEventListener("change", () => by("file").files[0] && read(by("file").files[0], "after"));
for (const one of document.querySelectorAll("[role=tab]")) {
  one.addEventListener("click", () => choose(one.dataset.tab));
  one.addEventListener("keydown", (event) => {
    const move = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!move) return;
    const all = [...document.querySelectorAll("[role=tab]")];
    const to = all[(all.indexOf(one) + move + all.length) % all.length];
    choose(to.dataset.tab);
    to.focus();
  });
}
document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
  event.preventDefault();
  if (tab === "learn") learn.check();
  else ask();
});
for (const kind of ["dragover", "drop"]) document.addEventListener(kind, (event) => {
  if (![...event.dataTransfer.types].includes("Files")) return;
  event.preventDefault();
  if (kind === "drop" && event.dataTransfer.files[0]) read(event.dataTransfer.files[0], event.target.closest("#earlier") ? "before" : "after");
});
window.addEventListener("hashchange", async () => { if (await follow()) ask(); });

const told = (() => { try { return localStorage.getItem(LANG); } catch { return null; } })();
speak(data.words[told] ? told : navigator.language.startsWith("zh") ? "zh" : data.first);
choose("trace");
if (!able) status("failed", { why: location.protocol });
else if (await follow()) ask();
