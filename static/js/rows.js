// j/k move over rows ([data-rows] > *), x selects, Enter opens the first link, e presses the row's [data-row-action].
import { isModal, isTyping, singleKeys } from "./dom.js";

const rows = () => [...document.querySelectorAll("[data-rows] > *")].filter((row) => row.offsetParent !== null);
const current = () => document.activeElement?.closest?.("[data-rows] > *");

function move(step) {
  const all = rows();
  if (!all.length) return;
  const at = all.indexOf(current());
  const next = all[at < 0 ? (step > 0 ? 0 : all.length - 1) : Math.min(all.length - 1, Math.max(0, at + step))];
  next.tabIndex = -1;
  next.focus({ preventScroll: true });
  next.scrollIntoView({ block: "nearest" });
}

const ACTIONS = {
  j: () => move(1),
  k: () => move(-1),
  x: (row) => row?.querySelector("[data-row-select]")?.click(),
  e: (row) => row?.querySelector("[data-row-action]")?.click(),
  Enter: (row) => document.activeElement === row && row?.querySelector("a[href]")?.click(),
};

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  if (!(event.key in ACTIONS) || isTyping(event.target) || isModal()) return;
  if (event.key !== "Enter" && !singleKeys.on) return;
  if (!document.querySelector("[data-rows]") || document.querySelector("dailies-player:focus-within")) return;
  ACTIONS[event.key](current());
  if (event.key !== "Enter") event.preventDefault();
});
