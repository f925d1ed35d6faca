// Live updates. An element says what it follows (data-live="render:<uuid>") and how it is fetched again (hx-get,
// hx-trigger="live"). One stream per page; when there is none, every element is fetched again each ten seconds.

const POLL = 10_000;
const CALM = 250; // several events for one element within this time are one fetch
const MOST_TOPICS = 20;

const ticketUrl = document.querySelector('meta[name="live-ticket"]')?.content;
const waiting = new Map();
let source = null;
let poll = 0;
let failures = 0;

const followers = () => [...document.querySelectorAll("[data-live]")];

function refresh(element) {
  if (waiting.has(element)) return;
  waiting.set(
    element,
    setTimeout(() => {
      waiting.delete(element);
      if (element.isConnected) window.htmx?.trigger(element, "live");
    }, CALM),
  );
}

function refreshAll() {
  for (const element of followers()) refresh(element);
}

function topics() {
  const all = new Set(followers().map((element) => element.dataset.live));
  return all.size > MOST_TOPICS ? ["org"] : [...all];
}

function startPolling() {
  poll ||= setInterval(refreshAll, POLL);
}

function stopPolling() {
  clearInterval(poll);
  poll = 0;
}

function again() {
  source?.close();
  source = null;
  startPolling();
  failures += 1;
  setTimeout(connect, Math.min(1000 * 2 ** failures, 60_000) * (0.75 + Math.random() / 2));
}

function changed(topic) {
  for (const element of followers()) if (element.dataset.live === topic) refresh(element);
}

async function connect() {
  const names = topics();
  if (!names.length) return;
  try {
    const query = new URLSearchParams(names.map((name) => ["topic", name]));
    const answer = await fetch(`${ticketUrl}?${query}`, { headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error(String(answer.status));
    source = new EventSource((await answer.json()).url);
  } catch {
    again();
    return;
  }
  source.addEventListener("hello", () => {
    stopPolling();
    failures = 0;
    // What happened between the page and the stream is not repeated: ask once.
    refreshAll();
  });
  for (const name of names) source.addEventListener(name, () => changed(name));
  // The agency's own topic hears everything and says what it was: "render:<uuid> <what happened>".
  source.addEventListener("org", (event) => changed(event.data.split(" ")[0]));
  source.addEventListener("error", again);
}

if (ticketUrl) connect();
