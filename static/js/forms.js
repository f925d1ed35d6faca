// Forms: no second submit while the first is under way, and focus on the summary of what is wrong.
const BUSY_AT_MOST = 15000;

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.busy !== undefined) {
    event.preventDefault();
    event.stopImmediatePropagation();
    return;
  }
  // After the other listeners: the one that stops a submit must not leave a dead button behind.
  setTimeout(() => { if (!event.defaultPrevented || form.matches(".htmx-request")) hold(form, event.submitter); });
}, true);

function hold(form, button) {
  if (form.method !== "post" || form.target) return;
  form.dataset.busy = "";
  button?.setAttribute("aria-busy", "true");
  setTimeout(() => release(form), BUSY_AT_MOST);
}

function release(form) {
  delete form.dataset.busy;
  form.querySelectorAll("[aria-busy]").forEach((button) => button.removeAttribute("aria-busy"));
  document.querySelectorAll(`[form="${CSS.escape(form.id)}"][aria-busy]`).forEach((button) => button.removeAttribute("aria-busy"));
}

/** The browser's back button brings the page back as it was left: busy. */
window.addEventListener("pageshow", () => document.querySelectorAll("form[data-busy]").forEach(release));
document.addEventListener("htmx:afterRequest", (event) => {
  const form = event.detail.elt.closest?.("form");
  if (form) release(form);
});

// A page that is being left takes its requests along: that is no error, and the console must not hold one for it.
const underWay = new Set();
document.addEventListener("htmx:beforeSend", ({ detail: { xhr } }) => {
  underWay.add(xhr);
  xhr.addEventListener("loadend", () => underWay.delete(xhr));
});
function letGo() {
  for (const xhr of underWay) {
    xhr.onabort = xhr.onerror = null;
    xhr.abort();
  }
}
// A frame later than the listeners that may still stop the submit; the answer to it comes later than that.
document.addEventListener("submit", (event) => setTimeout(() => { if (!event.defaultPrevented && !event.target.target) letGo(); }));
window.addEventListener("pagehide", letGo);

function focusSummary(root) {
  root.querySelector?.("[data-error-summary]")?.focus();
}
document.addEventListener("htmx:afterSettle", (event) => {
  if (event.detail.xhr?.status === 422) focusSummary(event.detail.elt.closest("form")?.parentElement ?? document);
});
focusSummary(document);
