// Drawing on the frame: pen, arrow, box as vectors from 0 to 1, pinned to one integer frame, in an SVG over the video.
import { hidden } from "./binding.js";

const SVG = "http://www.w3.org/2000/svg";
const KEEP = 4; // decimals: a tenth of a pixel at 1080p

export class Drawing {
  constructor(player) {
    this.player = player;
    this.tools = player.querySelector("[data-tools]");
    this.strokes = [];
    this.frame = null; // the frame the strokes belong to
    this.tool = "pen";
    this.colour = "red";
    this.on = false;
    this.layer = document.createElementNS(SVG, "svg");
    this.layer.setAttribute("class", "player__layer");
    this.layer.setAttribute("viewBox", "0 0 1 1");
    this.layer.setAttribute("preserveAspectRatio", "none");
    this.layer.setAttribute("aria-hidden", "true");
    player.querySelector(".player__frame").append(this.layer);
    if (this.tools) this.listen();
    player.addEventListener("dailies:notes", () => this.show(player.currentFrame));
    document.addEventListener("reset", (event) => { if (event.target.matches?.("[data-player-frame]")) this.clear(); }, { signal: player.binding.stop.signal });
  }

  listen() {
    this.layer.addEventListener("pointerdown", (event) => this.begin(event));
    this.layer.addEventListener("pointermove", (event) => this.extend(event));
    for (const type of ["pointerup", "pointercancel"]) this.layer.addEventListener(type, () => this.finish());
    this.tools.addEventListener("click", (event) => this.choose(event.target.closest("button")));
  }

  choose(button) {
    if (!button) return;
    if (button.dataset.tool) this.tool = button.dataset.tool;
    if (button.dataset.colour) this.colour = button.dataset.colour;
    if ("undoStroke" in button.dataset) this.strokes.pop();
    if ("clearStrokes" in button.dataset) this.strokes = [];
    for (const [name, value] of [["tool", this.tool], ["colour", this.colour]]) {
      for (const other of this.tools.querySelectorAll(`[data-${name}]`)) other.setAttribute("aria-pressed", String(other.dataset[name] === value));
    }
    this.changed();
  }

  toggle() {
    if (!this.tools) return;
    this.on = !this.on;
    this.tools.hidden = !this.on;
    this.player.toggleAttribute("data-drawing", this.on);
    this.player.querySelector("[data-do=draw]").setAttribute("aria-pressed", String(this.on));
    if (this.on) this.player.pause();
  }

  point(event) {
    const box = this.layer.getBoundingClientRect();
    const share = (value, from, size) => Number(Math.min(1, Math.max(0, (value - from) / size)).toFixed(KEEP));
    return [share(event.clientX, box.left, box.width), share(event.clientY, box.top, box.height)];
  }

  begin(event) {
    if (!this.on || event.button > 0) return;
    event.preventDefault();
    this.layer.setPointerCapture(event.pointerId);
    if (this.frame !== this.player.currentFrame) this.strokes = []; // a drawing belongs to one frame
    this.frame = this.player.currentFrame;
    const at = this.point(event);
    this.stroke = { tool: this.tool, colour: this.colour, points: [at, at] };
    this.strokes.push(this.stroke);
    this.changed();
  }

  extend(event) {
    if (!this.stroke) return;
    const at = this.point(event);
    if (this.stroke.tool === "pen") this.stroke.points.push(at);
    else this.stroke.points[1] = at;
    this.changed();
  }

  finish() { this.stroke = null; }

  clear() {
    this.strokes = [];
    this.frame = null;
    this.changed();
  }

  changed() {
    for (const form of document.querySelectorAll("form[data-player-frame]")) {
      hidden(form, "drawing").value = this.strokes.length ? JSON.stringify({ frame: this.frame, strokes: this.strokes }) : "";
    }
    this.show(this.player.currentFrame);
  }

  /** Draw what belongs to this frame: the comments' drawings and the one in the making. */
  show(frame) {
    const noted = this.player.notes.list.filter((note) => note.drawing).map((note) => parse(note.drawing));
    const strokes = noted.filter((drawing) => drawing?.frame === frame).flatMap((drawing) => drawing.strokes);
    if (frame === this.frame) strokes.push(...this.strokes);
    this.layer.replaceChildren(...strokes.map((stroke) => this.shape(stroke)).filter(Boolean));
  }

  shape({ tool, colour, points }) {
    if (!Array.isArray(points) || points.length < 2) return null;
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("class", "player__stroke");
    path.setAttribute("data-colour", colour);
    path.setAttribute("d", tool === "box" ? box(points) : tool === "arrow" ? arrow(points, this.ratio) : line(points));
    return path;
  }

  get ratio() { return this.layer.clientWidth / this.layer.clientHeight || 16 / 9; }
}

function parse(text) {
  try {
    const drawing = JSON.parse(text);
    return Array.isArray(drawing?.strokes) ? drawing : null;
  } catch { return null; }
}

const line = (points) => `M${points.map(([x, y]) => `${x} ${y}`).join("L")}`;
const box = ([[x, y], [right, bottom]]) => `M${x} ${y}H${right}V${bottom}H${x}Z`;

/** The head is computed in picture space, or it would be squeezed along with the unit square. */
function arrow([[fromX, fromY], [x, y]], ratio) {
  const angle = Math.atan2(y - fromY, (x - fromX) * ratio);
  const wing = (turn) => `${x - (Math.cos(angle + turn) * 0.05) / ratio} ${y - Math.sin(angle + turn) * 0.05}`;
  return `M${fromX} ${fromY}L${x} ${y}M${wing(0.45)}L${x} ${y}L${wing(-0.45)}`;
}
