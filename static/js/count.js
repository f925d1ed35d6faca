// [data-fits="4000"]: how many characters a field takes. Nothing is cut off; near the end the page counts what is left.
import { element, on } from "./dom.js";

const NEAR = 0.1;
const words = document.getElementById("toasts")?.dataset ?? {};
const counters = new WeakMap();

function counterOf(field) {
  let counter = counters.get(field);
  if (!counter) {
    counter = element("p", { class: "field__count", role: "status" });
    field.after(counter);
    counters.set(field, counter);
  }
  return counter;
}

function count(field) {
  const most = Number(field.dataset.fits);
  // As the server counts: whole characters, an end of line being one; what stands around the text does not count.
  const left = most - [...field.value.trim()].length;
  if (left > most * NEAR && !counters.has(field)) return;
  const counter = counterOf(field);
  counter.hidden = left > most * NEAR;
  counter.toggleAttribute("data-over", left < 0);
  counter.textContent = counter.hidden ? "" : `${Math.abs(left).toLocaleString()} ${left < 0 ? words.fitsOver : words.fitsLeft}`;
}

on("input", "[data-fits]", count);
const countAll = () => document.querySelectorAll("[data-fits]").forEach(count);
countAll();
window.addEventListener("pageshow", countAll);
document.addEventListener("htmx:afterSettle", countAll);
