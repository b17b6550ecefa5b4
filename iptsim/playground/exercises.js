// The exercises of `iptsim learn`. Files and progress are kept in this browser.
const KEEP = "iptsim-learned";

function stored() {
  try {
    return JSON.parse(localStorage.getItem(KEEP)) || {};
  } catch {
    return {};
  }
}

// `asked` calls the program; `show` shows its answer; `say` has the words.
export function exercises({ asked, show, say }) {
  const by = (id) => document.getElementById(id);
  let learned = stored(), list = [], open = null;

  async function learn(...words) {
    const answer = await asked({ words: ["learn", ...words], learned });
    if (!answer) return null;
    learned = answer.learned;
    try {
      localStorage.setItem(KEEP, JSON.stringify(learned));
    } catch {
      // It is not kept, then.
    }
    return answer;
  }

  async function told(...words) {
    const answer = await learn(...words, "--format", "json");
    return answer && answer.code === 0 ? JSON.parse(answer.out) : null;
  }

  function item(one) {
    const row = document.createElement("li"), button = document.createElement("button");
    button.type = "button";
    button.textContent = one.title;
    if (one.done) button.append(` ✔ ${say("solved")}`);
    if (open && one.exercise === open.exercise) button.setAttribute("aria-current", "true");
    button.addEventListener("click", () => begin(one.exercise));
    row.append(button);
    return row;
  }

  async function refresh() {
    const found = await told("list");
    if (!found) return;
    list = found.exercises;
    by("exercises").replaceChildren(...list.map(item));
    by("progress").textContent = say("done_so_far", { done: list.filter((one) => one.done).length, count: list.length });
  }

  const file = () => open.file.split("/").pop();

  async function begin(number) {
    const found = await told("show", String(number));
    if (!found) return;
    open = found;
    by("exercise").hidden = false;
    by("exercise-title").textContent = `${found.exercise}  ${found.title}`;
    by("story").textContent = found.story;
    by("musts").replaceChildren(...found.questions.map((text) => {
      const row = document.createElement("li");
      row.textContent = text;
      return row;
    }));
    by("mended").value = learned[file()] || "";
    by("hinted").textContent = "";
    by("exercises").replaceChildren(...list.map(item));
    by("exercise-title").focus();
  }

  async function check() {
    learned[file()] = by("mended").value;
    const words = ["check", String(open.exercise)];
    const answer = await learn(...words, "--color", "always");
    if (answer) show(["learn", ...words], answer);
    await refresh();
  }

  async function hint() {
    const found = await told("hint", String(open.exercise));
    if (found) by("hinted").textContent = `${found.hints_given}/${found.hints}  ${found.hint}`;
  }

  async function anew() {
    if (!await told("reset", String(open.exercise))) return;
    by("mended").value = learned[file()] || "";
    by("hinted").textContent = say("cleared");
    await refresh();
  }

  by("check").addEventListener("click", check);
  by("hint").addEventListener("click", hint);
  by("anew").addEventListener("click", anew);
  return { opened: async () => { await refresh(); if (open) await begin(open.exercise); }, check: () => open && check() };
}
