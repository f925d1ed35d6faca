// Where the clip comes from. Its signed address ends after five minutes, a page may stay open for hours: when loading
// fails, a fresh address is asked for at `refresh`, and the player goes on at the same frame.

const CALM = 15_000; // a second failure within this time is not the address's fault

export class Source {
  constructor(player) {
    this.player = player;
    this.renewed = -Infinity;
  }

  /** True when the clip is loading again. asked: a person pressed the button, so without an address we reload. */
  async renew({ asked = false } = {}) {
    const { player } = this;
    const address = player.getAttribute("refresh");
    if (!address || (!asked && performance.now() - this.renewed < CALM)) {
      if (asked) location.reload();
      return false;
    }
    this.renewed = performance.now();
    try {
      const answer = await fetch(address, { headers: { Accept: "application/json" } });
      if (!answer.ok) throw new Error(String(answer.status));
      this.load(await answer.json());
    } catch {
      if (asked) location.reload();
      return false;
    }
    player.part("error").hidden = true;
    return true;
  }

  load({ src, sheet }) {
    const { player } = this;
    const { video } = player;
    const wasReady = Boolean(player.transport); // else the player starts by itself, where the address says
    const frame = player.currentFrame;
    const wasPlaying = player.playing;
    player.transport?.pause();
    if (sheet) player.timeline?.setSheet(sheet);
    video.addEventListener("loadedmetadata", () => {
      if (!wasReady || !player.transport) return;
      player.transport.forget();
      player.seekFrame(frame);
      if (wasPlaying) player.play();
    }, { once: true });
    video.src = src;
    video.load();
  }
}
