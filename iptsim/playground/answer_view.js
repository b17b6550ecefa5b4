// What the program printed, as it may stand in a page: texts as texts, pictures part by part.
const SGR = /\x1b\[([\d;]*)m/;
const COLOURS = { "1;32": "good", "1;31": "bad", "1;33": "unsure", "32": "plus", "31": "minus", "2": "dim" };

// Letters that take two columns, as the program counts; their font need not know.
const WIDE = /([\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]+)/;

function span(kind, text) {
  const one = document.createElement("span");
  one.className = kind;
  one.append(...columned(text));
  return one;
}

function columned(text) {
  return text.split(WIDE).map((part, n) => {
    if (n % 2 === 0) return document.createTextNode(part);
    const one = document.createElement("span");
    one.className = "two";
    one.textContent = part;
    return one;
  });
}

// Text with the program's few colours; it has no other codes, for it prints those of a dump as \x1b.
export function showText(element, text) {
  const parts = text.split(SGR);
  element.replaceChildren(...parts.flatMap((part, n) => {
    if (n % 2 || !part) return [];
    const kind = n ? COLOURS[parts[n - 1]] : undefined;
    return kind ? [span(kind, part)] : columned(part);
  }));
}

const SMALLEST = 0.8;
const SVG = "http://www.w3.org/2000/svg";
const ELEMENTS = new Set(["svg", "g", "rect", "path", "text", "title"]);
const ATTRIBUTES = new Set(["class", "x", "y", "width", "height", "rx", "d", "viewBox", "role", "data-row"]);

function copied(one) {
  if (one.nodeType === Node.TEXT_NODE) return document.createTextNode(one.data);
  if (one.nodeType !== Node.ELEMENT_NODE || one.namespaceURI !== SVG || !ELEMENTS.has(one.localName)) return null;
  const made = document.createElementNS(SVG, one.localName);
  for (const { name, value } of one.attributes) if (ATTRIBUTES.has(name)) made.setAttribute(name, value);
  made.append(...[...one.childNodes].map(copied).filter(Boolean));
  return made;
}

// The pictures of a page that the program wrote, for screens and for telephones: its drawn shapes and
// their texts alone. Style and size are this page's own.
export function showPictures(frame, html) {
  const page = new DOMParser().parseFromString(html.replace(/ style="[^"]*"/g, "").replace(/<style>[^<]*<\/style>/g, ""), "text/html");
  const pictures = [...page.querySelectorAll("svg.ipt")].map(copied).filter(Boolean);
  for (const one of pictures) {
    const width = Number(one.getAttribute("width"));
    if (one.classList.contains("narrow") || !width) continue;
    one.classList.add("broad");
    one.style.minWidth = `${Math.round(width * SMALLEST)}px`;
    one.style.maxWidth = `${width}px`;
  }
  frame.replaceChildren(...pictures);
  return pictures.length > 0;
}
