// What the comment form gets from the player: frames in hidden fields, the timecode in words, a pause on typing.

export class Binding {
  constructor(player) {
    this.player = player;
    this.selector = player.dataset.commentInput;
    // Kept on the document: htmx may replace the form at any time.
    this.stop = new AbortController();
    const { signal } = this.stop;
    document.addEventListener("input", (event) => {
      if (this.selector && event.target.matches?.(this.selector) && player.playing) player.pause();
    }, { signal });
    document.addEventListener("reset", (event) => {
      if (event.target.matches?.("[data-player-frame]")) player.setRange(null);
    }, { signal });
    document.addEventListener("htmx:afterSettle", () => this.fill(), { signal });
  }

  get input() { return this.selector ? document.querySelector(this.selector) : null; }

  fill() {
    const { frameIn, frameOut } = this.player.place;
    for (const form of document.querySelectorAll("form[data-player-frame]")) {
      hidden(form, "frame_in").value = frameIn;
      hidden(form, "frame_out").value = frameOut;
    }
    const words = this.player.timecode(frameIn) + (frameOut > frameIn ? ` – ${this.player.timecode(frameOut)}` : "");
    for (const label of document.querySelectorAll("[data-player-timecode]")) {
      if (label.textContent !== words) label.textContent = words;
    }
  }
}

export function hidden(form, name) {
  let field = form.elements.namedItem(name);
  if (!field) {
    field = document.createElement("input");
    field.type = "hidden";
    field.name = name;
    form.append(field);
  }
  return field;
}
