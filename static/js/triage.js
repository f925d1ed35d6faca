// Single keys in triage. [data-triage] holds the controls: data-triage-key="d" is pressed, or opened and its first field
// focused when it is a <details>. In a list the focused row's own control goes first. j and k there belong to rows.js.
import { isModal, isTyping, singleKeys } from "./dom.js";

const wanted = (key, root) => root?.querySelector(`[data-triage-key="${CSS.escape(key)}"]`);

function press(control) {
  if (control instanceof HTMLDetailsElement) {
    control.open = true;
    control.querySelector("textarea, input:not([type=hidden])")?.focus();
    control.scrollIntoView({ block: "nearest" });
  } else {
    control.click();
  }
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  const triage = document.querySelector("[data-triage]");
  if (!triage || !singleKeys.on || isTyping(event.target) || isModal()) return;
  const row = document.activeElement?.closest?.("[data-rows] > *");
  const control = wanted(event.key, row) ?? wanted(event.key, triage);
  if (!control) return;
  event.preventDefault();
  press(control);
});
