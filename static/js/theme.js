// Light, dark or as the system says. The server reads the cookie and renders data-theme, so nothing flashes.
import { on } from "./dom.js";

const root = document.documentElement;

function show() {
  for (const button of document.querySelectorAll("[data-set-theme]")) {
    button.setAttribute("aria-pressed", String(button.dataset.setTheme === (root.dataset.theme || "system")));
  }
}

on("click", "[data-set-theme]", (button) => {
  root.dataset.theme = button.dataset.setTheme;
  const secure = location.protocol === "https:" ? "; secure" : "";
  document.cookie = `theme=${button.dataset.setTheme}; path=/; max-age=31536000; samesite=lax${secure}`;
  show();
});
show();
