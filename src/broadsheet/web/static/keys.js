// Keys for those who want them. Every page is whole without this file.

const field = document.querySelector("[data-find]");
const help = document.getElementById("keys-help");
const items = [...document.querySelectorAll("[data-item]")];
const still = matchMedia("(prefers-reduced-motion: reduce)");

let current = -1;
let pending = "";

function isTyping(target) {
  return target instanceof Element && target.closest("input, select, textarea, [contenteditable]");
}

function mark(index) {
  if (items.length === 0) return;
  items[current]?.removeAttribute("aria-current");
  current = Math.max(0, Math.min(items.length - 1, index));
  const item = items[current];
  item.setAttribute("aria-current", "true");
  item.querySelector(".headline a").focus({ preventScroll: true });
  item.scrollIntoView({ block: "nearest", behavior: still.matches ? "auto" : "smooth" });
}

function follow(rel) {
  [...document.querySelectorAll(`main a[rel="${rel}"]`)].at(-1)?.click();
}

function search() {
  field?.focus();
  field?.select();
}

const keys = {
  "/": search,
  "?": () => help.showModal(),
  j: () => mark(current + 1),
  k: () => mark(current < 0 ? 0 : current - 1),
  o: () => items[current]?.querySelector(".headline a").click(),
  l: () => follow("next"),
  h: () => follow("prev"),
  "g h": () => location.assign("/"),
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || help.open) return;
  if (isTyping(event.target)) {
    if (event.key === "Escape" && event.target === field) field.blur();
    return;
  }
  const key = pending + event.key;
  pending = event.key === "g" && pending === "" ? "g " : "";
  if (Object.hasOwn(keys, key)) {
    event.preventDefault();
    keys[key]();
    return;
  }
  // What a reader may do with a paper is in another file, which strangers do not load.
  const detail = { key, item: items[current] ?? document.querySelector("article.paper") };
  const taken = !document.dispatchEvent(new CustomEvent("paperkey", { detail, cancelable: true }));
  if (taken) event.preventDefault();
});

document.addEventListener("focusin", (event) => {
  const item = event.target instanceof Element ? event.target.closest("[data-item]") : null;
  const index = items.indexOf(item);
  if (index < 0 || index === current) return;
  items[current]?.removeAttribute("aria-current");
  current = index;
  item.setAttribute("aria-current", "true");
});

document.querySelector("[data-keys]")?.addEventListener("click", (event) => {
  event.preventDefault();
  help.showModal();
});
