// The page: the form and its answer, steps forwards and back, the search over rules.
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const words = data.words;
  const by = (id) => document.getElementById(id);
  const say = (key, facts = {}) =>
    words[key].replace(/\{(\w+)\}/g, (_, name) => (name in facts ? facts[name] : ""));
  const make = (tag, kind, text) => {
    const one = document.createElement(tag);
    if (kind) one.className = kind;
    if (text !== undefined) one.textContent = text;
    return one;
  };
  const form = by("form"), out = by("told");
  const ASSUMED = 8;
  let steps = [], at = -1;

  function asked() {
    const told = { family: Number(form.elements.family.value) };
    for (const field of form.elements) if (field.name && field.name !== "family") told[field.name] = field.value;
    const off = told.hook === "PREROUTING" ? ["uid", "gid", "out"] : ["in"];
    if (!["tcp", "udp"].includes(told.proto)) off.push("sport", "dport");
    if (told.proto !== "tcp") off.push("tcp_flags");
    for (const field of form.elements) {
      if (!field.name) continue;
      const gone = off.includes(field.name);
      field.disabled = gone;
      if (gone) delete told[field.name];
    }
    return told;
  }

  function command(told) {
    const quote = (t) => (/^[\w.,:\/-]+$/.test(t) ? t : "'" + t.replace(/'/g, "'\\''") + "'");
    const parts = ["iptsim trace", told.family === 6 ? "-6" : "", "-p", told.proto];
    if (told.state !== "NEW") parts.push("--ctstate", told.state);
    if (told.hook !== "PREROUTING") parts.push("--hook", told.hook);
    for (const name of ["src", "dst", "sport", "dport", "in", "out", "mark", "tcp_flags", "uid", "gid"])
      if (told[name] && told[name].trim()) parts.push("--" + name.replace("_", "-"), quote(told[name].trim()));
    return [...parts.filter(Boolean), ...data.files.map(quote)].join(" ");
  }

  function when(one) {
    if (!one.when.length) return "";
    const cube = (c) => [...c.c.map((x) => x[4]), ...c.f.map((x) => x[0])].join(", ");
    const told = [...new Set(one.when.map(cube))];
    const more = told.length > 4 ? " …" : "";
    return say("if", { what: told.slice(0, 4).join(say("or")) + more });
  }

  const mark = (one) => (one.verdict === "ACCEPT" ? "✔" : ["DROP", "REJECT", "STOLEN"].includes(one.verdict) ? "✘" : "?");
  const shade = (one) => ({ "✔": "good", "✘": "bad", "?": "unsure" })[mark(one)];

  function changes(one) {
    const last = {};
    for (const r of one.rewrites) last[r.field] = { from: r.field in last ? last[r.field].from : r.from, to: r.to };
    const shown = (v) => (v === null || v === undefined ? "" : data.said[v] ?? String(v).replace(/^an address of (.+)$/, (_, interface_) => say("address", { interface: interface_ })));
    return Object.entries(last).filter(([, r]) => r.from !== r.to).map(([f, r]) => `${f} ${shown(r.from)} → ${shown(r.to)}`).join(", ");
  }

  function fated(one) {
    const where = one.destination ? say("to." + one.destination) : "";
    return [one.verdict, where, changes(one)].filter(Boolean).join("  ");
  }

  function row(number) {
    const step = data.steps[number];
    return `${step.hook} ${step.table} ${step.chain} ${step.rule === null ? "" : step.rule}`;
  }

  function light() {
    for (const one of document.querySelectorAll("g.on,g.now")) one.classList.remove("on", "now");
    const lit = new Set(steps.map(row));
    const now = at >= 0 ? row(steps[at]) : null;
    for (const one of document.querySelectorAll("#picture g[data-row]")) {
      if (lit.has(one.dataset.row)) one.classList.add("on");
      if (now === one.dataset.row) one.classList.add("now");
    }
  }

  function go(to, quiet) {
    if (!steps.length) return;
    at = Math.max(0, Math.min(steps.length - 1, to));
    const rows = [...by("steps").children];
    rows.forEach((one, n) => {
      one.classList.toggle("now", n === at);
      if (n === at) one.setAttribute("aria-current", "step");
      else one.removeAttribute("aria-current");
    });
    by("where").textContent = say("step", { at: at + 1, of: steps.length });
    light();
    const now = [...document.querySelectorAll("g.now")].find((g) => g.getClientRects().length && g.closest(".scroll"));
    if (now && !quiet) {
      const frame = now.closest(".scroll"), box = now.getBoundingClientRect(), own = frame.getBoundingClientRect();
      frame.scrollLeft += box.left - own.left - 40;
    }
  }

  function list(one) {
    const items = make("ol", "steps");
    items.id = "steps";
    let hook = "";
    for (const number of one.steps) {
      const step = data.steps[number];
      const item = make("li");
      if (step.hook !== hook) item.append(make("span", "at", step.hook));
      hook = step.hook;
      // Between them is room to break a line.
      item.append(make("code", "", `${step.table} ${step.chain} ${step.rule === null ? "" : step.rule}`.trim()), " ",
        make("span", "asks", step.asks), " ", make("b", "does", step.does), " ", make("span", "dim", step.place));
      item.title = step.text;
      item.tabIndex = 0;
      item.addEventListener("click", () => go([...items.children].indexOf(item), true));
      items.append(item);
    }
    return items;
  }

  function stepper() {
    const bar = make("p", "bar");
    for (const [id, key, move] of [["back", "back", -1], ["next", "next", 1]]) {
      const button = make("button", "", say(key));
      button.type = "button";
      button.id = id;
      button.addEventListener("click", () => go(at + move));
      bar.append(button, " ");
    }
    const where = make("span", "dim");
    where.id = "where";
    where.setAttribute("aria-live", "polite");
    bar.append(where);
    return bar;
  }

  function choose(one) {
    steps = one.steps;
    at = -1;
    const alike = one.ways > 1 ? [make("p", "dim", say("alike", { count: one.ways }))] : [];
    by("way").replaceChildren(...(steps.length ? [stepper(), list(one), ...alike] : []));
    go(0, true);
  }

  // The sentence for what the page cannot answer, or cannot read.
  function unanswered(found, told) {
    if (found.wrong) return found.wrong === "tcp_flags" ? "wrong.flags" : "wrong";
    const marked = found.beyond === "mark" && told.hook === "PREROUTING" && Number(told.mark);
    return "beyond." + (marked ? "mark" : ["size", "unaimed"].includes(found.beyond) ? found.beyond : "field");
  }

  // What was taken as given; thousands of addresses, say, are folded away.
  function assumed(all) {
    const some = (those, more) => say("assumed", { what: those.join(say("comma")) + more });
    if (all.length <= ASSUMED) return make("p", "dim", some(all, ""));
    const folded = make("details", "dim"), whole = make("div");
    const list = make("p");
    folded.append(make("summary", "", some(all.slice(0, ASSUMED), ` … (${all.length})`)), whole);
    folded.addEventListener("toggle", () => { list.textContent = all.join(say("comma")); whole.append(list); }, { once: true });
    return folded;
  }

  function tell() {
    const told = asked(), waits = ANSWERS.unpacking(data, told);
    if (waits) {
      out.setAttribute("aria-busy", "true");
      waits.then(tell);
      return;
    }
    out.removeAttribute("aria-busy");
    const found = ANSWERS.answer(data, told);
    steps = [];
    at = -1;
    out.replaceChildren();
    const cmd = make("pre", "command", command(told));
    if (found.wrong || found.beyond || found.refused) {
      const field = words["field." + (found.wrong || found.beyond)];
      const text = found.refused || say(unanswered(found, told), { field });
      out.append(make("p", "verdict unsure", text));
      if (found.beyond) out.append(cmd);
      light();
      return;
    }
    const firm = found.outcomes.length === 1;
    if (!firm) out.append(make("p", "verdict unsure", say("depends", { count: found.outcomes.length })));
    const ways = make("div", "ways");
    for (const one of found.outcomes.slice(0, firm ? 1 : 40)) {
      const button = make(firm ? "p" : "button", "verdict " + shade(one));
      button.append(make("strong", "", `${mark(one)} ${fated(one)}`));
      if (one.by !== null) {
        const step = data.steps[one.by];
        button.append(make("span", "dim", say("by", { rule: `${step.table} ${step.chain} ${step.rule ?? say("policy")}` })));
      }
      if (!firm) {
        button.type = "button";
        button.append(make("span", "if", when(one)));
        button.setAttribute("aria-pressed", one === found.outcomes[0]);
        button.addEventListener("click", () => {
          for (const other of ways.children) other.setAttribute("aria-pressed", other === button);
          button.classList.add("whole");
          choose(one);
        });
      }
      ways.append(button);
    }
    out.append(ways);
    const way = make("div");
    way.id = "way";
    out.append(way);
    choose(found.outcomes[0]);
    if (found.assumed.length) out.append(assumed(found.assumed));
    for (const note of found.notes) if (note) out.append(make("p", "dim", note));
    out.append(make("p", "dim", say("same")), cmd);
  }

  const texts = new WeakMap();
  function textOf(one) {
    if (!texts.has(one)) texts.set(one, one.textContent.toLowerCase());
    return texts.get(one);
  }

  function search() {
    const wanted = by("search").value.toLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    for (const chain of document.querySelectorAll("details.chain")) {
      let any = false;
      for (const rule of chain.querySelectorAll("li.rule")) {
        const hit = wanted.every((w) => textOf(rule).includes(w));
        rule.hidden = !hit;
        any = any || hit;
        count += hit ? 1 : 0;
      }
      const title = wanted.every((w) => textOf(chain.firstElementChild).includes(w));
      if (title && wanted.length && !any) for (const rule of chain.querySelectorAll("li.rule")) rule.hidden = false;
      chain.hidden = Boolean(wanted.length) && !any && !title;
      if (wanted.length && any && count < 400) chain.open = true;
    }
    let opened = 0;
    for (const group of document.querySelectorAll("details.group")) {
      const held = group.querySelectorAll("details.chain:not([hidden])").length;
      group.hidden = !held;
      group.open = Boolean(wanted.length) && held > 0 && opened < 400;
      opened += group.open ? held : 0;
    }
    by("found").textContent = wanted.length ? say("found", { count }) : "";
  }

  let waiting;
  form.addEventListener("input", tell);
  form.addEventListener("submit", (event) => { event.preventDefault(); tell(); });
  by("search").addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(search, 120); });
  document.addEventListener("keydown", (event) => {
    const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(document.activeElement.tagName);
    if (event.key === "/" && !typing) { event.preventDefault(); by("search").focus(); }
    if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "ArrowRight" || event.key === "n") go(at + 1);
    if (event.key === "ArrowLeft" || event.key === "p") go(at - 1);
  });
  window.addEventListener("beforeprint", () => { for (const one of document.querySelectorAll("details.chain")) one.open = !one.closest("details.group:not([open])"); });
  tell();
})();
