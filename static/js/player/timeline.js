// The slider, what lies under it (range, fill) and beside it (markers, preview). Markers are siblings of the slider,
// not children: a slider hides everything inside it from screen readers.
import { element } from "../dom.js";
import { Sheet } from "../sheet.js";

const TARGET = 24; // px: two markers closer than this become one

export class Timeline {
  constructor(player) {
    this.player = player;
    this.root = player.querySelector(".player__time");
    this.slider = this.root.querySelector(".player__slider");
    this.markers = this.root.querySelector(".player__markers");
    this.preview = this.root.querySelector(".player__preview");
    this.bar = this.root.querySelector(".player__range");
    this.slider.max = player.clock.last;
    this.sheet = sheetOf(player);
    this.listen();
  }

  listen() {
    this.slider.addEventListener("input", () => this.player.seekFrame(Number(this.slider.value), { by: "slider" }));
    this.root.addEventListener("pointermove", (event) => this.hover(event));
    this.root.addEventListener("pointerleave", () => { this.preview.hidden = true; });
    new ResizeObserver(() => this.drawMarkers()).observe(this.root);
  }

  show(frame) {
    const { clock } = this.player;
    if (Number(this.slider.value) !== frame) this.slider.value = frame;
    this.slider.setAttribute("aria-valuetext", clock.timecode(frame));
    this.root.style.setProperty("--at", clock.share(frame));
  }

  showRange(range) {
    const { clock } = this.player;
    this.bar.hidden = !range;
    if (!range) return;
    this.root.style.setProperty("--in", clock.share(range.in));
    this.root.style.setProperty("--out", clock.share(range.out));
  }

  /** notes: [{frame, out, id, label}], sorted by frame. */
  setMarkers(notes) {
    this.notes = notes;
    this.drawMarkers();
  }

  drawMarkers() {
    const width = this.root.clientWidth;
    if (!this.notes || !width) return;
    this.markers.replaceChildren(...cluster(this.notes, (note) => this.player.clock.share(note.frame) * width).map((group) => this.marker(group)));
    this.markers.hidden = !this.notes.length;
  }

  marker(group) {
    const [first] = group;
    const { clock } = this.player;
    const words = group.length > 1 ? `${group.length} ${this.markers.dataset.commentsWord}` : first.label || this.markers.dataset.commentWord;
    const link = element("a", { class: "player__marker", href: `#c=${first.id}`, "data-comment-id": first.id, "aria-label": `${words}, ${clock.timecode(first.frame)}`, title: words });
    if (group.length > 1) link.append(element("span", { text: group.length }));
    link.style.setProperty("--at", clock.share(first.frame));
    return link;
  }

  /** The hover sheet's address was signed anew. What is loaded already stays. */
  setSheet(url) {
    if (this.sheet && !this.sheet.image) {
      this.player.setAttribute("sheet", url);
      this.sheet = sheetOf(this.player);
    }
  }

  hover(event) {
    if (event.pointerType === "touch") return;
    const { clock } = this.player;
    const box = this.root.getBoundingClientRect();
    const share = Math.min(1, Math.max(0, (event.clientX - box.left) / box.width));
    const frame = clock.clamp(share * clock.last);
    this.preview.hidden = false;
    this.preview.querySelector("span").textContent = clock.timecode(frame);
    this.preview.style.setProperty("--at", share);
    this.sheet?.load().then(() => this.sheet.draw(this.preview.querySelector("canvas"), (frame / clock.fps) * this.sheet.fps), () => {});
  }
}

function sheetOf(player) {
  const number = (name) => Number(player.getAttribute(name));
  if (!player.hasAttribute("sheet") || !player.querySelector(".player__preview canvas")) return null;
  const sheet = new Sheet({ url: player.getAttribute("sheet"), columns: number("sheet-columns"), rows: number("sheet-rows") });
  sheet.fps = number("sheet-fps") || 4;
  return sheet;
}

/** Groups whose first members lie at least a target apart, so that each can be hit. */
function cluster(notes, place) {
  const groups = [];
  let start = -Infinity;
  for (const note of notes) {
    const at = place(note);
    if (at - start >= TARGET) { groups.push([note]); start = at; }
    else groups.at(-1).push(note);
  }
  return groups;
}
