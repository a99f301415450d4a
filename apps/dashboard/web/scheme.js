// Light, dark, or as the system is.
const KEY = "hivemark.scheme";
const system = matchMedia("(prefers-color-scheme: dark)");

export const scheme = {
  get: () => localStorage.getItem(KEY) ?? "system",
  set(text) {
    localStorage.setItem(KEY, text);
    scheme.apply();
  },
  apply() {
    const chosen = scheme.get();
    document.documentElement.dataset.scheme = chosen === "system" ? (system.matches ? "dark" : "light") : chosen;
    dispatchEvent(new Event("hivemark-scheme"));
  },
};

system.addEventListener("change", scheme.apply);
