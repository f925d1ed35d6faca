// The review room. Parts that refresh themselves must not take words away that somebody is typing, and a refusal (409)
// is shown where it was asked for, not as a toast.
import { on } from "./dom.js";

const typed = (field) => field.value !== field.defaultValue;

/** Somebody writes in it, or has left a draft there. */
function isInUse(part) {
  const fields = [...part.querySelectorAll("textarea, input:not([type=hidden])")];
  return fields.some((field) => field === document.activeElement || (field.type !== "checkbox" && typed(field)))
    || Boolean(part.querySelector("dialog[open]"));
}

/** Only what refreshes by itself waits; what a person sends goes. */
document.addEventListener("htmx:beforeRequest", (event) => {
  const part = event.target;
  if (!part.matches?.("[data-keeps-typing]") || !isInUse(part)) return;
  event.preventDefault();
  part.dataset.stale = "";
});

function catchUp() {
  for (const part of document.querySelectorAll("[data-keeps-typing][data-stale]")) {
    if (isInUse(part)) continue;
    delete part.dataset.stale;
    window.htmx?.trigger(part, part.getAttribute("hx-trigger").split(/[ ,]/)[0]);
  }
}
document.addEventListener("focusout", () => setTimeout(catchUp, 400));

document.addEventListener("htmx:beforeSwap", (event) => {
  const { detail } = event;
  if (detail.xhr.status !== 409 || !detail.elt.closest("[data-swap-refusal]")) return;
  detail.shouldSwap = true;
  detail.isError = false;
});

// What had the focus may be gone after a swap: the part itself takes it, so that keys and screen readers stay there.
let left = null;
document.addEventListener("htmx:beforeSwap", (event) => {
  const { target } = event.detail;
  left = target?.contains(document.activeElement) && target.id ? target.id : null;
});
document.addEventListener("htmx:afterSettle", () => {
  if (left && document.activeElement === document.body) {
    const part = document.getElementById(left);
    (part?.querySelector("[role=alert], [data-error-summary], [data-focus-after]") ?? part)?.focus({ preventScroll: true });
  }
  left = null;
});

// Ctrl+Enter sends, as people expect of a comment field.
on("keydown", "[data-send-key] textarea", (field, event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
  event.preventDefault();
  field.form.requestSubmit();
});
