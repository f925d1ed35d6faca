// The tab says the page's own name first. The server cannot repeat a template block in <title>; this adds the h1.
const heading = document.querySelector("h1")?.textContent.trim();
if (heading && !document.title.startsWith(heading)) {
  const rest = document.title.split(" · ").filter((part) => part !== heading);
  document.title = [heading, ...rest].join(" · ");
}
