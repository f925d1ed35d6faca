// Moves the playhead. Knows <video>'s manners: one seek at a time, no backwards playback, frames told by callback.

const FASTEST = 8;

export class Transport {
  /** onFrame(frame) for every presented frame; onState() when playing, speed or sound changes. */
  constructor(video, clock, { onFrame, onState }) {
    this.video = video;
    this.clock = clock;
    this.onFrame = onFrame;
    this.onState = onState;
    this.shown = 0;
    this.wanted = null; // where we are heading while a seek is under way
    this.queued = null; // where to go after that
    this.speed = 1;
    this.loop = false;
    this.range = null;
    this.listen();
  }

  listen() {
    const { video } = this;
    video.addEventListener("seeked", () => this.arrived());
    video.addEventListener("ended", () => { if (this.loop) this.restart(); });
    for (const type of ["play", "pause", "volumechange", "ratechange"]) video.addEventListener(type, () => this.onState());
    if (video.requestVideoFrameCallback) this.watch();
    else video.addEventListener("timeupdate", () => this.present(this.clock.frameOfCurrent(video.currentTime)));
  }

  watch() {
    this.video.requestVideoFrameCallback((now, { mediaTime }) => {
      this.present(this.clock.frameOfPresented(mediaTime));
      this.watch();
    });
  }

  present(frame) {
    if (this.wanted !== null && this.video.seeking) return; // a frame from before the seek
    this.shown = frame;
    if (this.playing && this.loop && this.range && frame >= this.range.out) this.restart();
    this.onFrame(this.frame);
  }

  get frame() { return this.queued ?? this.wanted ?? this.shown; }
  get playing() { return this.reversing !== undefined || !this.video.paused; }

  /** Go to a frame. While a seek runs only the latest wish is kept, so a drag never queues up. */
  seek(frame) {
    const target = this.clock.clamp(frame);
    if (this.wanted !== null) this.queued = target;
    else this.go(target);
    this.onFrame(target);
  }

  /** The clip was loaded anew: a seek that was under way will never arrive. */
  forget() {
    this.wanted = null;
    this.queued = null;
  }

  go(frame) {
    this.wanted = frame;
    this.video.currentTime = this.clock.timeOf(frame);
  }

  arrived() {
    const { queued } = this;
    this.queued = null;
    if (queued !== null && queued !== this.wanted) {
      this.go(queued);
      return;
    }
    // Where we asked for is what is shown: the callback confirms it, but never fires in a hidden tab.
    if (this.wanted !== null) this.shown = this.wanted;
    this.wanted = null;
    this.onFrame(this.frame);
  }

  play(speed = 1) {
    this.stopReverse();
    this.speed = speed;
    this.video.playbackRate = speed;
    if (this.frame >= this.clock.last) this.seek(this.range?.in ?? 0);
    return this.video.play()?.catch(() => this.onState()); // the browser may refuse sound before a gesture
  }

  pause() {
    this.stopReverse();
    this.speed = 1;
    this.video.pause();
    this.video.playbackRate = 1;
    this.onState();
  }

  toggle() { return this.playing ? this.pause() : this.play(); }

  restart() {
    const from = this.range?.in ?? 0;
    this.seek(from);
    if (this.video.paused) this.video.play()?.catch(() => {});
  }

  step(by) {
    this.pause();
    this.seek(this.frame + by);
  }

  /** L: forward, faster each time. J: backwards, faster each time. */
  forward() { return this.play(this.playing && this.speed > 0 ? Math.min(FASTEST, this.speed * 2) : 1); }

  backward() {
    const speed = this.playing && this.speed < 0 ? Math.max(-FASTEST, this.speed * 2) : -1;
    this.video.pause();
    this.stopReverse();
    this.reverse(speed);
  }

  /** Browsers cannot play backwards, so frames are sought against the clock; slow machines skip, never lag. */
  reverse(speed) {
    this.speed = speed;
    const started = performance.now();
    const from = this.frame;
    const tick = (now) => {
      const target = this.clock.clamp(from + ((now - started) / 1000) * speed * this.clock.fps);
      if (this.wanted === null && target !== this.shown) this.seek(target);
      if (target <= 0) this.pause();
      else this.reversing = requestAnimationFrame(tick);
    };
    this.reversing = requestAnimationFrame(tick);
    this.onState();
  }

  stopReverse() {
    if (this.reversing !== undefined) cancelAnimationFrame(this.reversing);
    this.reversing = undefined;
  }
}
