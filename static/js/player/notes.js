// Comments as the page lists them: <a data-frame-in data-frame-out data-comment-id> anywhere under data-markers.

export class Notes {
  constructor(player) {
    this.player = player;
    this.list = [];
    this.home = document.querySelector(player.dataset.markers || "[data-player-notes]");
    if (!this.home) return;
    this.read();
    new MutationObserver(() => this.read()).observe(this.home, { childList: true, subtree: true, attributes: true, attributeFilter: ["data-frame-in", "data-frame-out"] });
  }

  read() {
    const links = [...this.home.querySelectorAll("a[data-frame-in]")];
    this.list = links.map((link) => this.note(link)).sort((a, b) => a.frame - b.frame);
    this.player.timeline.setMarkers(this.list);
    this.player.dispatchEvent(new CustomEvent("dailies:notes"));
  }

  note(link) {
    const { clock } = this.player;
    const frame = clock.clamp(Number(link.dataset.frameIn));
    const out = clock.clamp(Number(link.dataset.frameOut || link.dataset.frameIn));
    const label = link.dataset.label || link.closest("[data-comment]")?.querySelector(".comment__who")?.textContent;
    return { frame, out: Math.max(frame, out), id: link.dataset.commentId ?? "", label, drawing: link.dataset.drawing };
  }

  find(id) { return this.list.find((note) => note.id === id); }

  /** The comment before or after a frame, for [ and ]. */
  beside(frame, direction) {
    const ahead = direction > 0 ? this.list : [...this.list].reverse();
    return ahead.find((note) => (note.frame - frame) * direction > 0);
  }

  /** Say which comment is meant: mark its row and bring it into view without moving the player away. */
  mark(id) {
    for (const row of document.querySelectorAll("[data-comment][data-current]")) row.removeAttribute("data-current");
    const row = id && document.querySelector(`[data-comment="${CSS.escape(id)}"]`);
    if (!row) {
      this.fetch(id);
      return;
    }
    row.setAttribute("data-current", "");
    row.scrollIntoView({ block: "nearest" });
  }

  /** A long talk comes in windows: open the one that the comment is in, and mark it there. */
  async fetch(id) {
    const away = id && this.home?.querySelector(`[data-window] [data-comment-id="${CSS.escape(id)}"]`)?.closest("[data-window]");
    if (!away || !window.htmx) return;
    // Not by an event: on arrival htmx has not looked at the page yet.
    await window.htmx.ajax("GET", away.getAttribute("hx-get"), { target: away, swap: "outerHTML" });
    if (document.querySelector(`[data-comment="${CSS.escape(id)}"]`)) this.mark(id);
  }
}
