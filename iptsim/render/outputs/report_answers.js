// Looks a packet up among the answers that the program worked out for all packets.
// It knows no rule and no table: only whether a value meets a condition.
"use strict";
const ANSWERS = (() => {
  const NUMBERS = { sport: 65535, dport: 65535, uid: 4294967295, gid: 4294967295, icmp_type: 255, mark: 4294967295 };
  const FLAGS = { FIN: 1, SYN: 2, RST: 4, PSH: 8, ACK: 16, URG: 32, ECE: 64, CWR: 128, ALL: 63, NONE: 0 };
  const none = (text) => text === undefined || text === null || String(text).trim() === "";

  function v4(text) {
    const parts = text.split(".");
    if (parts.length !== 4 || !parts.every((p) => /^(0|[1-9]\d{0,2})$/.test(p) && +p < 256)) return null;
    return parts.reduce((sum, p) => sum * 256 + +p, 0);
  }

  function v6(text) {
    const halves = text.toLowerCase().split("::");
    if (halves.length > 2 || !/^[0-9a-f:]+$/i.test(text)) return null;
    const left = halves[0] ? halves[0].split(":") : [];
    const right = halves.length === 2 && halves[1] ? halves[1].split(":") : [];
    const gap = 8 - left.length - right.length;
    if (halves.length === 2 ? gap < 1 : gap !== 0) return null;
    const groups = [...left, ...Array(halves.length === 2 ? gap : 0).fill("0"), ...right];
    if (!groups.every((g) => /^[0-9a-f]{1,4}$/.test(g))) return null;
    return groups.reduce((sum, g) => sum * 65536n + BigInt(parseInt(g, 16)), 0n);
  }

  // Addresses that mean something else to a host than where a packet goes.
  function special(value, family, field, hook) {
    if (family === 4) {
      const first = Math.floor(value / 16777216);
      return first === 0 || first === 127 || first >= 224;
    }
    return value < 2n || value >> 120n === 255n || value >> 96n === 0xffffn;
  }

  // The values of a form, or the field that is wrong, or that only the program answers.
  function read(form, family) {
    const given = {};
    for (const field of ["src", "dst"]) {
      if (none(form[field])) continue;
      const value = family === 4 ? v4(form[field].trim()) : v6(form[field].trim());
      if (value === null) return { wrong: field };
      if (special(value, family, field, form.hook)) return { beyond: field };
      given[field] = value;
    }
    for (const field of Object.keys(NUMBERS)) {
      if (none(form[field])) continue;
      const text = String(form[field]).trim();
      if (!/^(\d+|0x[0-9a-f]+)$/i.test(text) || Number(text) > NUMBERS[field]) return { wrong: field };
      given[field] = Number(text);
    }
    // What arrives from a network has no mark: of a bridge or a tunnel that gave it one the program knows more.
    if (given.mark && form.hook === "PREROUTING") return { beyond: "mark" };
    if (!none(form.tcp_flags)) {
      const names = form.tcp_flags.trim().toUpperCase().split(/\s*,\s*/);
      if (!names.every((name) => name in FLAGS)) return { wrong: "tcp_flags" };
      given.tcp_flags = names.reduce((all, name) => all | FLAGS[name], 0);
    }
    for (const field of ["in", "out"]) {
      if (none(form[field])) continue;
      const name = form[field].trim();
      if (name.length > 15 || /[\s\/]/.test(name)) return { wrong: field };
      if (name === "lo") return { beyond: field };
      given[field] = name;
    }
    return { given };
  }

  function fits(pattern, name) {
    return pattern.endsWith("+") ? name.startsWith(pattern.slice(0, -1)) : pattern === name;
  }

  function meets([, negate, kind, values], value) {
    let found = false;
    if (kind === "r") {
      const ends = typeof value === "bigint" ? (t) => BigInt("0x" + t) : (n) => n;
      found = values.some(([low, high]) => ends(low) <= value && value <= ends(high));
    } else if (kind === "m") {
      found = values.some(([wanted, mask]) => (BigInt(value) & BigInt(mask)) === BigInt(wanted));
    } else {
      found = values.some((pattern) => fits(pattern, value));
    }
    return found !== Boolean(negate);
  }

  // What is left to ask of a cube; null where the packet is not in it.
  function left(cube, given) {
    const open = [];
    for (const condition of cube.c) {
      const value = given[condition[0]];
      if (value === undefined || condition[2] === "t") open.push(condition);
      else if (!meets(condition, value)) return null;
    }
    return { c: open, f: cube.f };
  }

  // What MASQUERADE takes is called after the interface, where the form tells it.
  const OUTGOING = "an address of the outgoing interface";

  function rewritten(outcome, form, given) {
    const held = { ...form };
    return outcome.rewrites.map((told) => {
      const named = told.to === OUTGOING && given.out !== undefined;
      const one = named ? { ...told, to: OUTGOING.replace("the outgoing interface", given.out) } : told;
      const number = one.field in NUMBERS;
      const own = none(held[one.field]) ? one.from : number ? Number(held[one.field]) : held[one.field];
      held[one.field] = one.to;
      return { ...one, from: own === undefined ? null : own };
    }).filter((one) => one.from !== one.to); // what a field holds already is no rewrite
  }

  function baseOf(data, form, aimed) {
    return data.bases.find((b) => b.family === form.family && b.hook === form.hook
      && b.proto === form.proto && b.state === form.state && (b.aimed === null || b.aimed === aimed));
  }

  const isAimed = ({ given, beyond }) => beyond !== undefined || given.dst !== undefined;

  // What is large comes packed: zlib's format, in base 64.
  async function unpack(holder, name) {
    const bytes = Uint8Array.from(atob(holder[name]), (letter) => letter.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
    holder[name] = JSON.parse(await new Response(stream).text());
  }

  // A promise where what answers a form is still packed, else null. An old browser cannot unpack.
  function unpacking(data, form) {
    const told = read(form, form.family);
    const base = told.wrong ? null : baseOf(data, form, isAimed(told));
    const held = [[data, "steps"], ...(base ? [[base, "outcomes"]] : [])].filter(([of, name]) => typeof of[name] === "string");
    if (!held.length) return null;
    return Promise.all(held.map(([of, name]) => unpack(of, name).catch(() => { of[name] = name === "steps" ? [] : null; })));
  }

  // The outcomes of a packet: `outcomes`, each with what it hangs on, or why there is none.
  // Precondition: nothing that it needs is packed.
  function answer(data, form) {
    const { given, wrong, beyond } = read(form, form.family);
    if (wrong) return { wrong };
    const aimed = isAimed({ given, beyond });
    const base = baseOf(data, form, aimed);
    if (!base || base.outcomes === null) return base && base.refused ? { refused: base.refused } : { beyond: "size" };
    if (beyond) return { beyond };
    if (aimed && !data.aimed.includes(form.family)) return { beyond: "dst" };
    // What leaves by an interface may be for others, or for this host until a rule sends it on.
    if (given.out !== undefined && !aimed) return { beyond: "unaimed" };
    const found = [];
    for (const outcome of base.outcomes) {
      const cubes = outcome.when.map((cube) => left(cube, given)).filter((cube) => cube !== null);
      if (outcome.when.length && !cubes.length) continue;
      const always = !outcome.when.length || cubes.some((cube) => !cube.c.length && !cube.f.length);
      found.push({ ...outcome, when: always ? [] : cubes, rewrites: rewritten(outcome, form, given) });
    }
    // A mark of which a rule sets some bits is worked out by the program.
    const marks = found.flatMap((one) => one.rewrites.filter((r) => r.field === "mark"));
    if (given.mark !== undefined && marks.some((r) => typeof r.to !== "number")) return { beyond: "mark" };
    return { outcomes: grouped(found), assumed: base.assumed, notes: base.notes };
  }

  const fate = (one) => JSON.stringify(one.destination === null ? [one.verdict]
    : [one.verdict, one.destination, one.rewrites.map((r) => [r.field, r.to]).sort()]);

  // Ways of one fate are one outcome; `ways` says how many. The steps are those of the first.
  function grouped(outcomes) {
    const known = new Map();
    for (const one of outcomes) {
      const key = fate(one);
      const other = known.get(key);
      if (!other) known.set(key, { ...one, ways: 1 });
      else {
        other.ways += 1;
        other.when = other.when.length && one.when.length ? [...other.when, ...one.when] : [];
      }
    }
    return [...known.values()];
  }

  return { answer, fate, unpacking };
})();
if (typeof module !== "undefined") module.exports = ANSWERS;
