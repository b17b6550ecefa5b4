// Texts too large to be typed in: a field of a megabyte holds up the page for seconds at each key.
// Such a text is held beside its field, which shows how it begins and cannot be written in.
const LARGE = 100_000, SHOWN = 100;
const by = (id) => document.getElementById(id);

export function heldTexts(ids, say) {
  const texts = new Map();

  function tell() {
    for (const id of ids) {
      const text = texts.get(id), told = by(`${id}-held`);
      told.hidden = text === undefined;
      if (text === undefined) continue;
      const facts = { lines: text.split("\n").length - (text.endsWith("\n") ? 1 : 0), size: Math.ceil(text.length / 1000), shown: SHOWN };
      told.firstElementChild.textContent = say("held", facts);
    }
  }

  function put(id, text) {
    const large = text.length > LARGE;
    if (large) texts.set(id, text);
    else texts.delete(id);
    by(id).readOnly = large;
    by(id).value = large ? `${text.slice(0, LARGE).split("\n", SHOWN).join("\n")}\n` : text;
    tell();
  }

  for (const id of ids) {
    const field = by(id);
    // A paste into a text that is only held takes the place of it.
    field.addEventListener("paste", (event) => {
      const pasted = event.clipboardData.getData("text/plain").replace(/\r\n?/g, "\n");
      if (pasted.length <= LARGE && !field.readOnly) return;
      event.preventDefault();
      const { value, selectionStart, selectionEnd } = field;
      put(id, field.readOnly ? pasted : value.slice(0, selectionStart) + pasted + value.slice(selectionEnd));
    });
    field.addEventListener("input", () => { if (field.value.length > LARGE) put(id, field.value); });
    by(`${id}-held`).querySelector("button").addEventListener("click", () => { put(id, ""); field.focus(); });
  }
  return { put, tell, text: (id) => texts.get(id) ?? by(id).value };
}
