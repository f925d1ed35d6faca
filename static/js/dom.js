// Small helpers that several modules share.

/** A listener on the document for elements that match: on("click", "[data-copy]", (element, event) => …). */
export function on(type, selector, handle, options) {
  document.addEventListener(type, (event) => {
    const element = event.target instanceof Element ? event.target.closest(selector) : null;
    if (element) handle(element, event);
  }, options);
}

/** True where letters are text, so that single-key shortcuts must stay out. */
export function isTyping(target) {
  if (!(target instanceof Element)) return false;
  if (target.closest("[contenteditable]:not([contenteditable=false])")) return true;
  const field = target.closest("input, textarea, select");
  return Boolean(field) && !["checkbox", "radio", "range", "button", "submit"].includes(field.type);
}

/** True when something lies over the page and keys belong to it. */
export const isModal = () => Boolean(document.querySelector("dialog[open], [popover]:popover-open"));

const SINGLE_KEYS = "dailies:single-keys";
export const singleKeys = {
  get on() { return remember(SINGLE_KEYS) !== "off"; },
  set on(value) { keep(SINGLE_KEYS, value ? "on" : "off"); },
};

/** Storage can be switched off or full; a preference is then forgotten, never an error. */
function remember(key) {
  try { return localStorage.getItem(key); } catch { return null; }
}
function keep(key, value) {
  try { localStorage.setItem(key, value); } catch { /* forgotten */ }
}

/** An icon of the sprite; its address comes from the page because it carries a hash. */
export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  use.setAttribute("href", `${document.body.dataset.icons}#${name}`);
  svg.append(use);
  return svg;
}

/** element("p", {class: "x", text: "…"}, child, …) */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "text") made.textContent = value;
    else if (value !== false && value != null) made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children);
  return made;
}
