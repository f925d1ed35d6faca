// "?" lists the shortcuts; single keys can be switched off for people who dictate or use a screen reader.
import { isModal, isTyping, on, singleKeys } from "./dom.js";
import { open } from "./dialogs.js";

function show() {
  const dialog = open("keys");
  if (!dialog) return;
  dialog.querySelector("[data-player-keys]").hidden = !document.querySelector("dailies-player");
  dialog.querySelector("[data-triage-keys]").hidden = !document.querySelector("[data-triage]");
  dialog.querySelector("[data-single-keys]").checked = singleKeys.on;
}

document.addEventListener("keydown", (event) => {
  if (event.key !== "?" || event.ctrlKey || event.metaKey || isTyping(event.target) || isModal() || !singleKeys.on) return;
  event.preventDefault();
  show();
});
on("click", "[data-open-keys]", show);
on("change", "[data-single-keys]", (box) => { singleKeys.on = box.checked; });

if (/Mac|iPhone|iPad/.test(navigator.platform)) {
  for (const key of document.querySelectorAll("[data-mod-key]")) key.textContent = key.textContent.replace("Ctrl ", "⌘");
}
