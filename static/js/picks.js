// Choices of which only so many may be taken ([data-most]), and files that are too large ([data-upload-most]): both are
// refused by the server as well; here they are said before anything is sent.
import { on } from "./dom.js";

on("change", "[data-most]", (group) => {
  const boxes = [...group.querySelectorAll("input[type=checkbox]")];
  const full = boxes.filter((box) => box.checked).length >= Number(group.dataset.most);
  for (const box of boxes) {
    if (box.checked) continue;
    if (full && !box.disabled) { box.disabled = true; box.dataset.full = ""; }
    if (!full && box.dataset.full !== undefined) { box.disabled = false; delete box.dataset.full; }
  }
});
for (const group of document.querySelectorAll("[data-most]")) group.dispatchEvent(new Event("change", { bubbles: true }));

// A search inside a form looks by itself; Enter in it must not send the form.
on("keydown", "[data-enter-stays]", (_field, event) => {
  if (event.key === "Enter" && !event.isComposing) event.preventDefault();
});
// What htmx brings: the same limit.
document.addEventListener("htmx:afterSettle", () => {
  for (const group of document.querySelectorAll("[data-most]")) group.dispatchEvent(new Event("change"));
});

function isTooLarge(form) {
  const file = form.querySelector("input[type=file]")?.files[0];
  return Boolean(file) && file.size > Number(form.dataset.uploadMost);
}
on("change", "[data-upload-most]", (form) => {
  form.querySelector("[data-upload-error]").hidden = !isTooLarge(form);
});
on("submit", "[data-upload-most]", (form, event) => {
  if (isTooLarge(form)) event.preventDefault();
}, true);
