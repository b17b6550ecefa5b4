// Python, beside the page: it loads Pyodide and the program, and answers one call after the other.
//
// An image of Python's memory with the program loaded is kept, so that a later visit need not load it
// again. It is made here of examples alone, in a worker of its own: no text of a visitor is in it.
import { loadPyodide } from "./pyodide/pyodide.mjs";
import core from "./pyodide/pyodide.asm.mjs";
import { alarmClock } from "./alarm_clock.js";

const IMAGES = "iptsim-images";
const ENTRY = `
import importlib, sys
importlib.invalidate_caches()
if "/program" not in sys.path:
    sys.path.insert(0, "/program")
from iptsim.cli.called_in_page import answered
`;
const here = (name) => new URL(name, import.meta.url).href;

async function program() {
  const packed = await fetch(here("program.bin"));
  const text = new Response(packed.body.pipeThrough(new DecompressionStream("gzip")));
  return Object.entries(await text.json());
}

async function image(stamp) {
  if (!self.caches) return null;
  const found = await (await caches.open(IMAGES)).match(here(`image/${stamp}`));
  return found ? new Uint8Array(await found.arrayBuffer()) : null;
}

async function keep(stamp, bytes) {
  const cache = await caches.open(IMAGES);
  for (const old of await cache.keys()) if (old.url.startsWith(here("image/"))) await cache.delete(old);
  await cache.put(here(`image/${stamp}`), new Response(bytes));
}

function place(pyodide, files) {
  const folders = new Set();
  for (const [name, text] of files) {
    const path = `/program/${name}`, folder = path.slice(0, path.lastIndexOf("/"));
    if (!folders.has(folder)) pyodide.FS.mkdirTree(folder);
    folders.add(folder);
    pyodide.FS.writeFile(path, text);
  }
}

// An image is larger than the memory that Python starts with, which Pyodide does not see to.
const roomFor = (kept) => async (settings) => {
  const module = await core(settings);
  module.growMemory(kept.length);
  return module;
};

async function python(making, kept) {
  const from = kept && { _loadSnapshot: kept, createPyodideModule: roomFor(kept) };
  return loadPyodide({ indexURL: here("pyodide/"), _makeSnapshot: making, ...from });
}

async function load(stamp, making) {
  const [files, kept] = await Promise.all([program(), making ? null : image(stamp)]);
  let from = kept ? "image" : "files", pyodide;
  try {
    pyodide = await python(making, kept);
  } catch (error) {
    if (!kept) throw error;
    await caches.delete(IMAGES); // of another browser's Python, say
    [pyodide, from] = [await python(making, null), "files"];
  }
  place(pyodide, files);
  pyodide.runPython(ENTRY);
  const answered = pyodide.globals.get("answered"), clock = alarmClock(() => performance.now());
  pyodide.setInterruptBuffer(clock.buffer);
  const call = (asked) => {
    clock.start();
    try {
      return JSON.parse(answered(JSON.stringify(asked)));
    } finally {
      clock.stop();
    }
  };
  return { pyodide, from, call };
}

async function start({ stamp, making, examples }) {
  const loaded = await load(stamp, making);
  if (!making) return loaded;
  for (const asked of examples) loaded.call(asked);
  await keep(stamp, loaded.pyodide.makeMemorySnapshot());
  return loaded;
}

let started;
self.onmessage = async ({ data }) => {
  try {
    if (data.start) {
      started = start(data.start);
      postMessage({ ready: (await started).from });
    } else {
      const { call } = await started;
      postMessage({ id: data.id, answer: call(data.asked) });
    }
  } catch (error) {
    postMessage({ broken: String(error && error.message || error).trim().split("\n").pop() });
  }
};
