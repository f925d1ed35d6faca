// Trim and crop: shows on the upload's preview what the numbers of the form keep, and plays that piece in a loop.
// The numbers are plain fields, and the server cuts: without this module nothing is missing but the look of it.
const SHAPES = { "16:9": 16 / 9, "9:16": 9 / 16 };

class Trim extends HTMLElement {
  connectedCallback() {
    this.form = this.closest("form");
    this.video = this.part("video");
    this.video.controls = false; // they would lie under the frame; the button plays what is kept
    this.form.addEventListener("input", () => this.draw());
    this.part("play").addEventListener("click", () => this.play());
    this.video.addEventListener("timeupdate", () => this.loop());
    this.video.addEventListener("loadedmetadata", () => this.draw());
    new ResizeObserver(() => this.draw()).observe(this.video);
    this.draw();
  }

  part(name) { return this.querySelector(`[data-trim="${name}"]`); }

  get values() {
    const data = new FormData(this.form);
    const number = (name, fallback) => (data.get(name) === "" ? fallback : Number(data.get(name)));
    return { start: number("start", 0), seconds: number("seconds", 4), place: number("place", 50), shape: data.get("shape") };
  }

  /** The rectangle of characters/rules.py, as shares of the picture. */
  rectangle() {
    const { shape, place } = this.values;
    const ratio = SHAPES[shape] ?? 16 / 9, own = Number(this.dataset.width) / Number(this.dataset.height);
    const wide = Math.min(1, ratio / own), tall = Math.min(1, own / ratio);
    return { left: ((1 - wide) * place) / 100, top: ((1 - tall) * place) / 100, wide, tall };
  }

  draw() {
    const frame = this.part("frame"), { left, top, wide, tall } = this.rectangle();
    const box = this.video, x = box.offsetLeft, y = box.offsetTop, w = box.offsetWidth, h = box.offsetHeight;
    if (!w || !h) return;
    frame.hidden = false;
    for (const [name, value] of Object.entries({ left: x + left * w, top: y + top * h, wide: wide * w, tall: tall * h })) {
      frame.style.setProperty(`--${name}`, `${value}px`);
    }
    const { start, seconds } = this.values;
    const end = Math.min(start + seconds, Number(this.dataset.seconds));
    this.part("words").textContent = `${start.toFixed(1)}–${end.toFixed(1)} s`;
    if (this.playing && (this.video.currentTime < start || this.video.currentTime > end)) this.video.currentTime = start;
  }

  play() {
    this.playing = true;
    this.video.currentTime = this.values.start;
    this.video.play().catch(() => {});
  }

  loop() {
    const { start, seconds } = this.values;
    if (this.playing && this.video.currentTime >= start + seconds - 0.03) this.video.currentTime = start;
  }
}
customElements.define("dailies-trim", Trim);
