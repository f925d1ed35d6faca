// A hover sheet: one JPEG of small frames in rows. Draws one of them on a canvas; fetched when first wanted.

export class Sheet {
  constructor({ url, columns, rows, tiles }) {
    this.url = url;
    this.columns = columns;
    this.rows = rows;
    this.tiles = tiles || columns * rows;
    this.image = null;
  }

  load() {
    this.loading ??= new Promise((done, failed) => {
      const image = new Image();
      image.onload = () => { this.image = image; done(image); };
      image.onerror = failed;
      image.src = this.url;
    });
    return this.loading;
  }

  /** Draw the tile at share (0–1) of the clip, or with an integer "index" that very tile. */
  draw(canvas, index) {
    if (!this.image) return;
    const width = this.image.naturalWidth / this.columns;
    const height = this.image.naturalHeight / this.rows;
    const tile = Math.min(this.tiles - 1, Math.max(0, Math.floor(index)));
    if (canvas.width !== Math.round(width)) { canvas.width = Math.round(width); canvas.height = Math.round(height); }
    const x = (tile % this.columns) * width;
    const y = Math.floor(tile / this.columns) * height;
    canvas.getContext("2d").drawImage(this.image, x, y, width, height, 0, 0, canvas.width, canvas.height);
  }
}
