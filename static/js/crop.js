// Cut an image to the size of a clip: shows on the whole image what the form's three numbers keep. The numbers are plain
// fields, and the server cuts: without this module nothing is missing but the look of it.
class Crop extends HTMLElement {
  connectedCallback() {
    this.picture = this.part("picture");
    this.addEventListener("input", () => this.draw());
    this.picture.addEventListener("load", () => this.draw());
    this.watch = new ResizeObserver(() => this.draw());
    this.watch.observe(this.picture);
    this.closest("details")?.addEventListener("toggle", () => this.draw());
    this.draw();
  }

  disconnectedCallback() { this.watch.disconnect(); }

  part(name) { return this.querySelector(`[data-crop="${name}"]`); }

  value(name, fallback) {
    const field = this.querySelector(`[name="picture_${name}"]`);
    return field && field.value !== "" ? Number(field.value) : fallback;
  }

  /** The rectangle of renders/pictures.py, in pixels of the image. */
  rectangle() {
    const width = Number(this.dataset.width), height = Number(this.dataset.height);
    const [toWide, toTall] = this.dataset.size.split("x").map(Number);
    const zoom = this.value("zoom", 100) / 100;
    const isWider = width * toTall >= height * toWide;
    const tall = isWider ? height / zoom : Math.min(height, (width / zoom) * (toTall / toWide));
    const wide = isWider ? Math.min(width, tall * (toWide / toTall)) : width / zoom;
    const left = ((width - wide) * this.value("x", 50)) / 100, top = ((height - tall) * this.value("y", 50)) / 100;
    return { left: left / width, top: top / height, wide: wide / width, tall: tall / height, enlarged: toWide / wide };
  }

  draw() {
    const { left, top, wide, tall, enlarged } = this.rectangle(), frame = this.part("frame"), box = this.picture;
    this.part("words").textContent = enlarged > 1.01 ? this.part("template").textContent.replace("%n", enlarged.toFixed(1)) : "";
    const x = box.offsetLeft, y = box.offsetTop, w = box.offsetWidth, h = box.offsetHeight;
    if (!w || !h) return;
    frame.hidden = false;
    for (const [name, value] of Object.entries({ left: x + left * w, top: y + top * h, wide: wide * w, tall: tall * h })) {
      frame.style.setProperty(`--${name}`, `${value}px`);
    }
  }
}
customElements.define("dailies-crop", Crop);
