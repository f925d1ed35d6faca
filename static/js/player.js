// <dailies-player>: frame-exact review around a plain <video>. The markup, with all words translated, comes from
// templates/components/player.html; this file connects the parts, each of which knows one thing.
import { Binding } from "./player/binding.js";
import { Clock } from "./player/clock.js";
import { Drawing } from "./player/drawing.js";
import { activate, forget } from "./player/keys.js";
import * as link from "./player/link.js";
import { Notes } from "./player/notes.js";
import { Source } from "./player/source.js";
import { Timeline } from "./player/timeline.js";
import { Transport } from "./player/transport.js";

const TELL_EVERY = 100; // ms between frame events while playing: listeners update forms and words, not pictures

class DailiesPlayer extends HTMLElement {
  connectedCallback() {
    this.video = this.querySelector("video");
    if (!this.video || this.transport) return; // moved in the document, not new
    if (this.video.readyState >= HTMLMediaElement.HAVE_METADATA) this.start();
    else this.video.addEventListener("loadedmetadata", () => this.start(), { once: true });
    this.source = new Source(this);
    this.video.addEventListener("error", () => this.fail());
    if (this.video.error) this.fail();
    this.video.preload = "auto";
  }

  disconnectedCallback() {
    this.transport?.pause();
    this.binding?.stop.abort();
    this.stop?.abort();
    forget(this);
    this.transport = null;
  }

  start() {
    const number = (name) => Number(this.getAttribute(name));
    const { video } = this;
    const rate = [number("fps-num"), number("fps-den") || 1];
    this.clock = new Clock(...rate, number("frames") || Math.round((video.duration * rate[0]) / rate[1]));
    this.dataset.ready = "";
    video.controls = false;
    this.querySelector(".player__bar").hidden = false;
    this.style.setProperty("--ratio", video.videoWidth / video.videoHeight || 16 / 9);
    this.transport = new Transport(video, this.clock, { onFrame: (frame) => this.frameChanged(frame), onState: () => this.stateChanged() });
    this.timeline = new Timeline(this);
    this.notes = new Notes(this);
    this.binding = new Binding(this);
    this.drawing = this.querySelector("[data-tools]") || this.notes.list.some((note) => note.drawing) ? new Drawing(this) : null;
    this.listen();
    this.stateChanged();
    this.frameChanged(0);
    this.follow(location.hash);
  }

  listen() {
    this.stop = new AbortController();
    const { signal } = this.stop;
    window.addEventListener("hashchange", () => this.follow(location.hash), { signal });
    document.addEventListener("click", (event) => this.clicked(event), { signal });
    for (const type of ["pointerdown", "focusin"]) this.addEventListener(type, () => activate(this));
    this.video.addEventListener("click", () => { if (!this.drawing?.on) this.toggle(); });
    this.video.addEventListener("pause", () => this.writeLink());
  }

  // — what other code may call —

  get currentFrame() { return this.transport?.frame ?? 0; }
  get playing() { return Boolean(this.transport?.playing); }
  get range() { return this.transport?.range ?? null; }

  /** Where a comment would be pinned: the range, or the frame that is shown. */
  get place() {
    const { range, currentFrame } = this;
    return { frameIn: range?.in ?? currentFrame, frameOut: range?.out ?? currentFrame };
  }

  timecode(frame) { return this.clock.timecode(frame); }
  play() { return this.transport.play(); }
  pause() { this.transport.pause(); }
  toggle() { return this.transport.toggle(); }

  seekFrame(frame) {
    this.linked = null;
    this.transport.seek(frame);
  }

  /** Frames in and out, both inclusive; null clears. */
  setRange(from, to = from) {
    const bounds = from === null ? null : [this.clock.clamp(from), this.clock.clamp(to)].sort((a, b) => a - b);
    this.transport.range = bounds && { in: bounds[0], out: bounds[1] };
    this.linked = null;
    this.timeline.showRange(this.range);
    this.showRange();
    this.tell("dailies:range", { frameIn: bounds?.[0] ?? null, frameOut: bounds?.[1] ?? null });
    this.binding.fill();
    this.writeLink();
  }

  // — what keys and buttons do —

  setIn() {
    const { currentFrame, range } = this;
    this.setRange(currentFrame, range && range.out > currentFrame ? range.out : currentFrame);
  }

  setOut() {
    const { currentFrame, range } = this;
    this.setRange(range && range.in < currentFrame ? range.in : range ? currentFrame : 0, currentFrame);
  }

  /** R: no range → the second from here; a range → none. */
  toggleRange() {
    if (this.range) this.setRange(null);
    else this.setRange(this.currentFrame, this.currentFrame + this.clock.base - 1);
  }

  toggleLoop() {
    this.transport.loop = !this.transport.loop;
    this.stateChanged();
  }

  toggleMute() { this.video.muted = !this.video.muted; }

  toggleFull() {
    if (document.fullscreenElement) document.exitFullscreen();
    else if (this.requestFullscreen) this.requestFullscreen().catch(() => {});
    else this.video.webkitEnterFullscreen?.(); // phones that only let the video itself fill the screen
  }

  comment() {
    this.pause();
    const { input } = this.binding;
    input?.scrollIntoView({ block: "nearest" });
    input?.focus({ preventScroll: true });
    this.tell("dailies:comment", this.place);
  }

  goToNote(direction) {
    const note = this.notes.beside(this.currentFrame, direction);
    if (note) this.showNote(note);
  }

  showNote(note) {
    this.pause();
    if (note.out > note.frame) this.setRange(note.frame, note.out);
    else if (this.range) this.setRange(null);
    this.transport.seek(note.frame);
    this.notes.mark(note.id);
    this.linked = note;
    this.writeLink();
  }

  // — places in the address —

  follow(hash) {
    const place = link.read(hash);
    if (!place) return;
    if (place.comment) {
      const note = this.notes.find(place.comment);
      if (note) this.showNote(note);
      return;
    }
    this.pause();
    if (place.out === null && this.range) this.setRange(null);
    if (place.out !== null) this.setRange(place.frame, place.out);
    this.transport.seek(place.frame);
  }

  writeLink() {
    if (this.playing || !this.touched) return;
    const { currentFrame, range, linked } = this;
    const comment = linked?.frame === currentFrame ? linked.id : null;
    link.keep(link.write({ frame: currentFrame, range, comment }));
  }

  // — what the parts report —

  clicked(event) {
    const control = event.target.closest?.("[data-do]");
    if (control && this.contains(control)) {
      this.act(control.dataset.do);
      return;
    }
    const chosen = event.target.closest?.("a[data-frame-in], .player__marker");
    const note = chosen && (this.contains(chosen) || this.notes.home?.contains(chosen)) && this.notes.find(chosen.dataset.commentId);
    if (!note || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault(); // the same link twice changes no hash, and must work twice
    this.touched = true;
    this.showNote(note);
  }

  act(name) {
    const acts = {
      toggle: () => this.toggle(), back: () => this.transport.step(-1), forward: () => this.transport.step(1),
      in: () => this.setIn(), out: () => this.setOut(), loop: () => this.toggleLoop(), mute: () => this.toggleMute(),
      full: () => this.toggleFull(), draw: () => this.drawing?.toggle(), reload: () => this.source.renew({ asked: true }),
      label: () => { this.inFrames = !this.inFrames; this.showLabel(this.currentFrame); this.showRange(); },
    };
    acts[name]?.();
  }

  frameChanged(frame) {
    if (frame !== 0) this.touched = true;
    this.timeline?.show(frame);
    this.showLabel(frame);
    this.drawing?.show(frame);
    this.tellSoon();
  }

  stateChanged() {
    const { transport, video } = this;
    if (!transport) return;
    this.toggleAttribute("data-playing", transport.playing);
    this.toggleAttribute("data-muted", video.muted);
    const main = this.querySelector("[data-do=toggle]");
    main.setAttribute("aria-label", transport.playing ? main.dataset.pause : main.dataset.play);
    this.querySelector("[data-do=loop]").setAttribute("aria-pressed", String(transport.loop));
    this.querySelector("[data-do=mute]").setAttribute("aria-pressed", String(video.muted));
    const speed = transport.playing && transport.speed !== 1 ? `${transport.speed < 0 ? "−" : ""}${Math.abs(transport.speed)}×` : "";
    this.part("speed").textContent = speed;
  }

  showLabel(frame) {
    const text = (value) => (this.inFrames ? String(value) : this.clock.timecode(value));
    this.part("now").textContent = text(frame);
    this.part("total").textContent = text(this.clock.last);
  }

  showRange() {
    const shown = this.part("range");
    const { range } = this;
    shown.hidden = !range;
    const text = (value) => (this.inFrames ? String(value) : this.clock.timecode(value));
    if (range) shown.textContent = `${text(range.in)} – ${text(range.out)}`;
  }

  /** Addresses of clips end after five minutes: first ask for a fresh one, then say so. */
  async fail() {
    if (await this.source.renew()) return;
    this.querySelector(".player__bar").hidden = false;
    this.part("error").hidden = false;
  }

  part(name) { return this.querySelector(`[data-show=${name}]`); }

  tell(type, detail) { this.dispatchEvent(new CustomEvent(type, { bubbles: true, detail })); }

  /** At most one event per 100 ms, and always a last one for the frame where things came to rest. */
  tellSoon() {
    if (this.telling) return;
    this.telling = setTimeout(() => {
      this.telling = null;
      if (!this.transport || this.told === this.currentFrame) return;
      this.told = this.currentFrame;
      this.binding.fill();
      this.writeLink();
      this.tell("dailies:frame", { frame: this.told, timecode: this.timecode(this.told) });
    }, TELL_EVERY);
  }
}

customElements.define("dailies-player", DailiesPlayer);
