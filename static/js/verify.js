// A file's SHA-256, computed in this browser and compared with the one on the certificate. Nothing is sent.
const MOST = 500 * 1024 * 1024;

async function check(box, file) {
  const answer = box.querySelector("[data-answer]");
  const say = (text, tone, hash = "") => {
    answer.textContent = text;
    answer.dataset.tone = tone;
    if (!hash) return;
    const code = document.createElement("span");
    code.className = "hash";
    code.textContent = hash;
    answer.append(" ", code);
  };
  if (!file) return;
  if (!globalThis.crypto?.subtle) { say(box.dataset.cannot, "warning"); return; }
  if (file.size > MOST) { say(box.dataset.large, "warning"); return; }
  say(box.dataset.busy, "neutral");
  try {
    const digest = await crypto.subtle.digest("SHA-256", await file.arrayBuffer());
    const hash = [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    if (hash === box.dataset.verify) say(box.dataset.same, "success");
    else say(box.dataset.other, "danger", hash);
  } catch {
    say(box.dataset.cannot, "warning");
  }
}

for (const box of document.querySelectorAll("[data-verify]")) {
  box.querySelector("input[type=file]").addEventListener("change", (event) => check(box, event.target.files[0]));
  box.addEventListener("dragover", (event) => { event.preventDefault(); box.dataset.over = ""; });
  box.addEventListener("dragleave", () => { delete box.dataset.over; });
  box.addEventListener("drop", (event) => {
    event.preventDefault();
    delete box.dataset.over;
    check(box, event.dataTransfer.files[0]);
  });
}
