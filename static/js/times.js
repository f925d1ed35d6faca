// <time data-relative>: "4 minutes ago", kept fresh; the absolute stays in the tooltip.
const STEPS = [["second", 60], ["minute", 60], ["hour", 24], ["day", 7], ["week", 4.35], ["month", 12], ["year", Infinity]];
const words = new Intl.RelativeTimeFormat(document.documentElement.lang || "en", { numeric: "auto" });

export function relative(date, now = Date.now()) {
  let value = (date - now) / 1000;
  if (Math.abs(value) < 45) return words.format(0, "second");
  for (const [unit, size] of STEPS) {
    if (Math.abs(value) < size) return words.format(Math.round(value), unit);
    value /= size;
  }
  return "";
}

function refresh() {
  for (const time of document.querySelectorAll("time[data-relative]")) {
    const text = relative(new Date(time.dateTime));
    if (time.textContent !== text) time.textContent = text;
  }
}

refresh();
setInterval(refresh, 30000);
document.addEventListener("htmx:afterSettle", refresh);
document.addEventListener("visibilitychange", () => document.hidden || refresh());
