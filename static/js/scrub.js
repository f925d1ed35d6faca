// Clip cards: move the pointer over the picture and the take plays through under it.
import { on } from "./dom.js";
import { Sheet } from "./sheet.js";

const sheets = new WeakMap();

function sheetOf(card) {
  if (!sheets.has(card)) {
    const { scrub, scrubColumns, scrubRows, scrubTiles } = card.dataset;
    sheets.set(card, new Sheet({ url: scrub, columns: Number(scrubColumns), rows: Number(scrubRows), tiles: Number(scrubTiles) }));
  }
  return sheets.get(card);
}

function canvasOf(frame) {
  let canvas = frame.querySelector(".clip__scrub");
  if (!canvas) {
    canvas = document.createElement("canvas");
    canvas.className = "clip__scrub";
    canvas.setAttribute("aria-hidden", "true");
    frame.append(canvas);
  }
  return canvas;
}

on("pointermove", "[data-scrub]", (card, event) => {
  const frame = card.querySelector(".clip__frame");
  if (event.pointerType === "touch" || !frame) return;
  const sheet = sheetOf(card);
  const box = frame.getBoundingClientRect();
  const share = (event.clientX - box.left) / box.width;
  sheet.load().then(() => sheet.draw(canvasOf(frame), share * sheet.tiles), () => {});
});
document.addEventListener("pointerout", (event) => {
  const card = event.target.closest?.("[data-scrub]");
  if (card && !card.contains(event.relatedTarget)) card.querySelector(".clip__scrub")?.remove();
});
