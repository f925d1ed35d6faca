// Ctrl/⌘ K. Offers every link with data-palette on the page; with data-url on the dialog also what the server finds
// for the words typed: JSON {"items": [{"label", "url", "icon", "hint"}]}.
import { element, icon, on } from "./dom.js";
import { open } from "./dialogs.js";

const dialog = document.getElementById("palette");
const input = dialog?.querySelector("input");
const list = dialog?.querySelector("[role=listbox]");
const LIMIT = 12;
let shown = [];
let chosen = 0;
let asked = 0;

function pageItems() {
  const seen = new Map();
  for (const link of document.querySelectorAll("a[data-palette]")) {
    const label = link.dataset.palette || link.querySelector(".nav__label")?.textContent || link.textContent;
    if (!seen.has(link.href)) seen.set(link.href, { label: label.trim(), url: link.href, icon: link.dataset.paletteIcon || "arrow-right", hint: link.dataset.paletteHint });
  }
  return [...seen.values()];
}

/** Letters in order are enough ("qe" finds Queue); a start of a word counts most. */
export function score(label, query) {
  const text = label.toLowerCase();
  const words = query.toLowerCase().trim();
  if (!words) return 1;
  const at = text.indexOf(words);
  if (at >= 0) return 100 - at + (at === 0 || text[at - 1] === " " ? 50 : 0);
  let from = 0;
  for (const letter of words) {
    from = text.indexOf(letter, from) + 1;
    if (!from) return 0;
  }
  return 10;
}

function show(items) {
  shown = items.slice(0, LIMIT);
  chosen = 0;
  list.replaceChildren(...shown.map(row));
  if (!shown.length) list.append(element("p", { class: "palette__none", text: dialog.dataset.none }));
  mark();
}

function row(item, index) {
  const made = element("div", { class: "palette__item", role: "option", id: `palette-${index}`, "data-index": index }, icon(item.icon ?? "arrow-right"), element("span", { class: "truncate", text: item.label }));
  if (item.hint) made.append(element("span", { class: "palette__hint", text: item.hint }));
  return made;
}

function mark() {
  [...list.querySelectorAll("[role=option]")].forEach((option, index) => {
    option.setAttribute("aria-selected", String(index === chosen));
    if (index === chosen) option.scrollIntoView({ block: "nearest" });
  });
  if (shown.length) input.setAttribute("aria-activedescendant", `palette-${chosen}`);
  else input.removeAttribute("aria-activedescendant");
}

function search() {
  const found = pageItems().map((item) => [score(item.label, input.value), item]).filter(([points]) => points);
  const items = found.sort((a, b) => b[0] - a[0]).map(([, item]) => item);
  show(items);
  if (dialog.dataset.url && input.value.trim().length > 1) ask(items, input.value.trim());
}

async function ask(items, words) {
  const mine = ++asked;
  await new Promise((done) => setTimeout(done, 150));
  if (mine !== asked) return;
  try {
    const answer = await fetch(`${dialog.dataset.url}?q=${encodeURIComponent(words)}`, { headers: { Accept: "application/json" } });
    if (answer.ok && mine === asked) show([...items, ...(await answer.json()).items]);
  } catch { /* what the page knows is still listed */ }
}

function follow(index) {
  const item = shown[index];
  if (!item) return;
  dialog.close();
  location.assign(item.url);
}

function start() {
  if (!dialog || !open("palette")) return;
  input.value = "";
  search();
  input.focus();
}

document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && !event.shiftKey && event.key.toLowerCase() === "k") {
    event.preventDefault();
    if (dialog?.open) dialog.close();
    else start();
  }
});
on("click", "[data-open-palette]", start);
if (dialog) {
  input.addEventListener("input", search);
  input.addEventListener("keydown", (event) => {
    if (event.key === "Enter") follow(chosen);
    else if (event.key === "ArrowDown") chosen = Math.min(shown.length - 1, chosen + 1);
    else if (event.key === "ArrowUp") chosen = Math.max(0, chosen - 1);
    else return;
    event.preventDefault();
    mark();
  });
  list.addEventListener("click", (event) => {
    const option = event.target.closest("[data-index]");
    if (option) follow(Number(option.dataset.index));
  });
}
