// Frames are integers and the rate is a fraction; seconds exist only at the edge to <video>.

export class Clock {
  constructor(num, den, frames) {
    this.num = num > 0 ? num : 25;
    this.den = den > 0 ? den : 1;
    this.frames = Math.max(1, frames || 1);
  }

  get fps() { return this.num / this.den; }
  get last() { return this.frames - 1; }
  /** Whole frames that one second of timecode counts: 30 for 29.97. */
  get base() { return Math.round(this.fps); }
  /** Only 29.97 and 59.94 have drop-frame labels; 23.976 has none. */
  get isDrop() { return this.den === 1001 && (this.num === 30000 || this.num === 60000); }

  clamp(frame) { return Math.min(this.last, Math.max(0, Math.round(frame) || 0)); }

  /** The middle of the frame: its edge is shown as the frame before it in three of ten seeks. */
  timeOf(frame) { return ((frame + 0.5) * this.den) / this.num; }

  /** For the mediaTime of a presented frame, which lies on the frame's edge. */
  frameOfPresented(mediaTime) { return this.clamp((mediaTime * this.num) / this.den); }

  /** For currentTime, which lies anywhere inside the frame. */
  frameOfCurrent(time) { return this.clamp(Math.floor((time * this.num) / this.den + 1e-6)); }

  share(frame) { return this.last ? frame / this.last : 0; }

  /** HH:MM:SS:FF, with a semicolon before FF when frame numbers are dropped. */
  timecode(frame) {
    const { base } = this;
    const label = this.isDrop ? this.dropped(frame) : frame;
    const parts = [label / (base * 3600), (label / (base * 60)) % 60, (label / base) % 60, label % base];
    const [hours, minutes, seconds, rest] = parts.map((part) => String(Math.floor(part)).padStart(2, "0"));
    return `${hours}:${minutes}:${seconds}${this.isDrop ? ";" : ":"}${rest}`;
  }

  /** Drop-frame skips 2 labels (4 at 59.94) each minute except every tenth; no frame is lost, only names. */
  dropped(frame) {
    const skip = this.base / 15;
    const minute = this.base * 60 - skip;
    const ten = minute * 10 + skip;
    const tens = Math.floor(frame / ten);
    const rest = frame % ten;
    const minutes = rest < this.base * 60 ? 0 : Math.floor((rest - this.base * 60) / minute) + 1;
    return frame + skip * (9 * tens + minutes);
  }

  /** "00:00:02:01" or "61" → frame, null when it is neither. */
  parse(text) {
    const found = /^\s*(?:(?:(\d+):)?(\d+):)?(\d+)[:;](\d+)\s*$/.exec(text);
    if (!found) return /^\s*\d+\s*$/.test(text) ? this.clamp(Number(text)) : null;
    const [hours, minutes, seconds, rest] = found.slice(1).map((part) => Number(part ?? 0));
    const label = ((hours * 60 + minutes) * 60 + seconds) * this.base + rest;
    if (!this.isDrop) return this.clamp(label);
    const all = hours * 60 + minutes;
    return this.clamp(label - (this.base / 15) * (all - Math.floor(all / 10)));
  }
}
