// Keys of the review of codes in doubt. They press the buttons that are there without them.
"use strict";

const byId = (id) => document.getElementById(id);
// A style (of a note drawn larger, say) may not even be set where the content policy forbids inline styles.
window.htmx.config.attributesToSettle = [];

const KEYS = { 1: "data-error", 2: "model-error", u: "undo", ArrowRight: "later" };

/** The key as written, or by its place on the keyboard where a Korean one is set. */
function keyOf(event) {
  if (event.key in KEYS) return event.key;
  const place = /^(?:Key|Digit)([A-Z0-9])$/.exec(event.code);
  return (place?.[1] ?? event.key).toLowerCase();
}

function onKey(event) {
  if (event.isComposing || event.keyCode === 229) return;
  if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey || event.repeat) return;
  if (event.key === "Escape") return void byId("record")?.focus();
  if (event.target.matches("textarea, input, select")) return;
  const key = keyOf(event);
  if (key === "n" && byId("note")) {
    event.preventDefault();
    byId("note").focus();
  } else if (KEYS[key] && byId(KEYS[key])) {
    event.preventDefault();
    byId(KEYS[key]).click();
  }
}

function afterSwap(event) {
  if (event.detail.target.id !== "screen") return;
  byId("announce").textContent = byId("screen").dataset.announce;
  (byId("record") ?? byId("screen")).focus({ preventScroll: true });
  byId("screen").scrollIntoView({ block: "nearest" });
}

// A refusal (409, 422) is a screen as well; anything that is none of ours must not be put into the page.
function beforeSwap(event) {
  const { xhr } = event.detail;
  const ours = xhr.responseText.includes('id="screen"') && !/<html/i.test(xhr.responseText);
  event.detail.shouldSwap = ours;
  event.detail.isError = !ours && xhr.status >= 400;
  if (!ours) fail();
}

function fail() {
  const trouble = byId("trouble");
  trouble.textContent = trouble.dataset.failed;
  trouble.hidden = false;
}

document.addEventListener("keydown", onKey);
document.addEventListener("htmx:beforeSwap", beforeSwap);
document.addEventListener("htmx:afterSwap", afterSwap);
document.addEventListener("htmx:sendError", fail);
byId("record")?.focus({ preventScroll: true });
