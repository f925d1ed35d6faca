// Toasts: Django messages, HX-Trigger "toast", and a sentence for every answer that htmx must not swap.
import { element, icon, on } from "./dom.js";

const ICONS = { success: "circle-check", danger: "octagon-alert", warning: "triangle-alert", info: "info" };
const LEAVES_AFTER = 6000;
const LIMIT = 4;
const region = document.getElementById("toasts");

/** Show a toast. options: {text, tone, undo, undoLabel}. Danger stays until it is closed. */
export function toast({ text, tone = "info", undo, undoLabel = "Undo" }) {
  if (!region || !text) return;
  const words = element("p", { class: "toast__text", text });
  if (undo) words.append(" ", element("button", { type: "button", "data-undo": undo, text: undoLabel }));
  const close = element("button", { type: "button", class: "toast__close", "data-toast-close": true, "aria-label": region.dataset.closeLabel }, icon("x"));
  const box = element("div", { class: "toast", "data-toast": true, "data-tone": tone }, icon(ICONS[tone] ?? "info"), words, close);
  removeTwin(text);
  region.append(box);
  while (region.children.length > LIMIT) region.firstElementChild.remove();
  leaveLater(box, undo ? LEAVES_AFTER * 2 : LEAVES_AFTER);
}

/** The same sentence twice is one toast: a server that is down must not fill the screen. */
function removeTwin(text) {
  for (const box of region.children) {
    if (box.querySelector(".toast__text")?.textContent.trim() === text) box.remove();
  }
}

function leaveLater(box, after) {
  if (box.dataset.tone === "danger") return;
  let timer = setTimeout(() => box.remove(), after);
  const wait = () => clearTimeout(timer);
  const go = () => { clearTimeout(timer); timer = setTimeout(() => box.remove(), after); };
  box.addEventListener("pointerenter", wait);
  box.addEventListener("focusin", wait);
  box.addEventListener("pointerleave", go);
  box.addEventListener("focusout", go);
}

/** Messages of the page itself are announced only if they arrive after the region exists: put them in again. */
function announceRendered() {
  const boxes = [...(region?.querySelectorAll("[data-toast]") ?? [])];
  if (!boxes.length) return;
  region.replaceChildren();
  setTimeout(() => { region.append(...boxes); boxes.forEach((box) => leaveLater(box, LEAVES_AFTER)); }, 150);
}

function wordsFor(status) {
  if (status === 429) return region.dataset.busy;
  return status >= 500 ? region.dataset.failed : region.dataset.refused;
}

on("click", "[data-toast-close]", (button) => button.closest("[data-toast]").remove());
on("click", "[data-undo]", (button) => {
  window.htmx?.ajax("POST", button.dataset.undo, { source: document.body, swap: "none" });
  button.closest("[data-toast]").remove();
});
document.addEventListener("toast", (event) => toast(typeof event.detail?.value === "string" ? { text: event.detail.value } : event.detail ?? {}));
document.addEventListener("htmx:responseError", (event) => {
  const { xhr } = event.detail;
  if (!xhr.getResponseHeader("HX-Trigger")?.includes("toast")) toast({ text: wordsFor(xhr.status), tone: "danger" });
});
for (const type of ["htmx:sendError", "htmx:timeout"]) {
  document.addEventListener(type, () => toast({ text: region?.dataset.offline, tone: "danger" }));
}
announceRendered();
