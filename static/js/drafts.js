// A comment that is being written outlives a tap on another link and the way back: pages of the portal are stored by
// no cache, so the browser itself would forget it. Kept in this tab only, and only until it is said.
import { on } from "./dom.js";

const FIELD = "form[data-draft] textarea";
const key = (field) => `dailies:draft:${location.pathname}:${field.name}`;

on("input", FIELD, (field) => {
  try { sessionStorage.setItem(key(field), field.value); } catch { /* no room, no draft */ }
});

/** What is among the comments was said; anything else comes back into an empty field. */
function restore() {
  for (const field of document.querySelectorAll(FIELD)) {
    let draft = null;
    try { draft = sessionStorage.getItem(key(field)); } catch { return; }
    if (!draft || field.value) continue;
    const said = [...document.querySelectorAll(".comment__body")].some((body) => body.textContent.trim() === draft.trim());
    if (said) sessionStorage.removeItem(key(field));
    else field.value = draft;
  }
}
restore();
window.addEventListener("pageshow", restore);
