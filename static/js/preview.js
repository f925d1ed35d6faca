// Character cards play their clip, small and without sound, while the pointer or the focus is on them.
// Nothing is fetched before, and nothing moves for who asked for less motion.
const calm = matchMedia("(prefers-reduced-motion: reduce)");

function start(card) {
  if (calm.matches || card.querySelector(".clip__playing")) return;
  const video = document.createElement("video");
  video.className = "clip__playing";
  video.muted = video.loop = video.playsInline = true;
  video.setAttribute("aria-hidden", "true");
  video.tabIndex = -1;
  video.src = card.dataset.preview;
  // Shown once there is a picture: the poster stays until then, and for good if the address has ended.
  video.addEventListener("playing", () => card.querySelector(".clip__frame")?.append(video), { once: true });
  card.pending = video;
  video.play().catch(() => {});
}

function stop(card) {
  card.pending?.pause();
  card.pending?.removeAttribute("src");
  card.pending = null;
  card.querySelector(".clip__playing")?.remove();
}

const cardOf = (target) => (target instanceof Element ? target.closest("[data-preview]") : null);
const enter = (event) => { const card = cardOf(event.target); if (card && !card.pending) start(card); };
const leave = (event) => {
  const card = cardOf(event.target);
  if (card && !card.contains(event.relatedTarget)) stop(card);
};
document.addEventListener("pointerover", enter);
document.addEventListener("focusin", enter);
document.addEventListener("pointerout", leave);
document.addEventListener("focusout", leave);
