// data-dialog="id" opens a native dialog; data-dialog-close closes it; data-typed must be typed before it can be sent.
import { on } from "./dom.js";

export function open(id) {
  const dialog = document.getElementById(id);
  if (!dialog || dialog.open) return null;
  for (const other of document.querySelectorAll("[popover]:popover-open")) other.hidePopover();
  dialog.showModal();
  for (const field of dialog.querySelectorAll("[data-typed]")) gate(field);
  return dialog;
}

function gate(field) {
  const submit = field.form?.querySelector("button:not([type=button])");
  if (submit) submit.disabled = field.value.trim() !== field.dataset.typed;
}

on("click", "[data-dialog]", (button, event) => {
  event.preventDefault(); // a link beneath leads to the page that asks the same without scripts
  open(button.dataset.dialog);
});
on("click", "[data-dialog-close]", (button) => button.closest("dialog").close());
on("input", "[data-typed]", gate);
// A click on the dialog itself is a click on its backdrop: all content lies in children.
document.addEventListener("click", (event) => {
  if (!(event.target instanceof HTMLDialogElement) || !event.target.open) return;
  const box = event.target.getBoundingClientRect();
  const inside = event.clientX >= box.left && event.clientX <= box.right && event.clientY >= box.top && event.clientY <= box.bottom;
  if (!inside) event.target.close();
});
