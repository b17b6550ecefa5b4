// A link that holds the rules and the question in its fragment, which browsers send to nobody.
const MARK = "#1.", MOST_LETTERS = 20_000_000;

async function through(stream, bytes) {
  return new Response(new Blob([bytes]).stream().pipeThrough(stream));
}

export async function packed(state) {
  const bytes = new TextEncoder().encode(JSON.stringify(state));
  const small = new Uint8Array(await (await through(new CompressionStream("deflate-raw"), bytes)).arrayBuffer());
  let text = "";
  for (const byte of small) text += String.fromCharCode(byte);
  return MARK + btoa(text).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

// A fragment of somebody else: what it holds is bounded, and is texts or nothing.
export async function unpacked(fragment) {
  if (!fragment.startsWith(MARK)) return null;
  const text = atob(fragment.slice(MARK.length).replace(/-/g, "+").replace(/_/g, "/"));
  const bytes = Uint8Array.from(text, (letter) => letter.charCodeAt(0));
  const reader = (await through(new DecompressionStream("deflate-raw"), bytes)).body
    .pipeThrough(new TextDecoderStream()).getReader();
  let whole = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    whole += value;
    if (whole.length > MOST_LETTERS) throw new Error("too long");
  }
  const state = JSON.parse(whole);
  const texts = (of) => Object.fromEntries(Object.entries(of || {}).filter(([, one]) => typeof one === "string"));
  return { tab: String(state.tab), files: texts(state.files), fields: texts(state.fields) };
}
