// data-copy="text": to the clipboard, with a mark and a word that it happened.
import { element, on } from "./dom.js";

async function write(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // No permission or no secure context: the old way, through a selection.
    const field = element("textarea", { class: "visually-hidden", "aria-hidden": "true" });
    field.value = text;
    document.body.append(field);
    field.select();
    document.execCommand("copy");
    field.remove();
  }
}

on("click", "[data-copy]", async (button, event) => {
  event.preventDefault();
  await write(button.dataset.copy);
  const use = button.querySelector("use");
  const before = use?.getAttribute("href");
  const label = button.getAttribute("aria-label");
  if (button.dataset.copied !== undefined) return;
  button.dataset.copied = "";
  use?.setAttribute("href", before.replace(/#.*/, "#check"));
  if (label) button.setAttribute("aria-label", button.dataset.copiedText ?? label);
  setTimeout(() => {
    delete button.dataset.copied;
    use?.setAttribute("href", before);
    if (label) button.setAttribute("aria-label", label);
  }, 1500);
});
