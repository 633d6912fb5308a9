// Keys of the coder's screen, and of the adjudicator's, which has no flag where nothing can be asked. They press the
// buttons and choose the rows that are there without them.
"use strict";

const STORED = "tiebreak.shortcuts";
const IDLE = 30 * 60 * 1000; // a coder who left gives the record back: nothing is renewed after this
const byId = (id) => document.getElementById(id);

document.documentElement.classList.add("with-scripts");
// A new record takes nothing over from the old one's elements; a style (of a note drawn larger, say) may not
// even be set where the content policy forbids inline styles.
window.htmx.config.attributesToSettle = [];
// A connection that hangs is as bad as none: what was sent may be sent again, it decides once.
window.htmx.config.timeout = 30_000;

// Shortcuts can be switched off ------------------------------------------------------------------

let shortcuts = true;
try {
  shortcuts = localStorage.getItem(STORED) !== "off";
} catch {
  // No storage in this browser: the switch holds as long as the page.
}

function useShortcuts(on) {
  shortcuts = on;
  document.documentElement.classList.toggle("no-keys", !on);
  try {
    localStorage.setItem(STORED, on ? "on" : "off");
  } catch {
    // As above.
  }
}

// What the screen says ---------------------------------------------------------------------------

function announce(text) {
  if (text) byId("announce").textContent = text;
}

function complain(kind) {
  const trouble = byId("trouble");
  if (!trouble) return;
  trouble.textContent = trouble.dataset[kind];
  trouble.hidden = false;
  trouble.scrollIntoView({ block: "nearest" });
}

/** What was complained of is being mended: the complaint must not stand there any longer. */
function complainNoMore() {
  const trouble = byId("trouble");
  if (trouble) trouble.hidden = true;
}

function chosen() {
  return document.querySelector("#decide input[name=choice]:checked");
}

function showDefinition() {
  const code = chosen()?.dataset.code;
  for (const about of document.querySelectorAll(".about")) {
    about.classList.toggle("shown", about.dataset.code === code);
  }
}

function choose(radio) {
  radio.checked = true;
  radio.focus();
  complainNoMore();
  showDefinition();
  keepDraft();
}

// What was entered is kept in this tab, should the page be loaded again ------------------------------

const DRAFT = "tiebreak.draft";

function keepDraft() {
  const form = byId("decide");
  if (!form) return;
  const draft = { record: form.elements.record.value, note: byId("note").value, flag: byId("flag-note")?.value };
  draft.choice = chosen()?.dataset.code ?? "";
  try {
    sessionStorage.setItem(DRAFT, JSON.stringify(draft));
  } catch {
    // No storage in this browser: what was entered stays as long as the page.
  }
}

/** Puts back what was entered for this record before the page was loaded again. */
function takeUpDraft() {
  let draft = null;
  try {
    draft = JSON.parse(sessionStorage.getItem(DRAFT) ?? "null");
  } catch {
    return;
  }
  const form = byId("decide");
  if (!form || draft?.record !== form.elements.record.value) return;
  let taken = false;
  for (const [id, text] of [["note", draft.note], ["flag-note", draft.flag]]) {
    if (!text || !byId(id) || byId(id).value) continue;
    byId(id).value = text;
    taken = true;
  }
  const radio = draft.choice && !chosen() && document.querySelector(`.candidate input[data-code="${CSS.escape(draft.choice)}"]`);
  if (radio) {
    radio.checked = true;
    taken = true;
  }
  if (taken) complain("kept");
}

// The search: a field that steers a list ------------------------------------------------------------

let pickWhenFound = false;

function options() {
  return [...document.querySelectorAll("#hits [role=option]")];
}

function activate(option) {
  for (const one of options()) one.setAttribute("aria-selected", String(one === option));
  const field = byId("q");
  field.setAttribute("aria-expanded", String(options().length > 0));
  if (option) {
    field.setAttribute("aria-activedescendant", option.id);
    option.scrollIntoView({ block: "nearest" });
  } else {
    field.removeAttribute("aria-activedescendant");
  }
}

function closeHits() {
  pickWhenFound = false;
  window.htmx.trigger(byId("q"), "htmx:abort");
  byId("hits").replaceChildren();
  activate(null);
}

/** Lists the codes right below one; those at the top for an empty text. */
function walk(under) {
  const field = byId("q");
  field.value = "";
  field.focus();
  const address = `${field.getAttribute("hx-get")}?under=${encodeURIComponent(under)}`;
  window.htmx.ajax("GET", address, { source: field, target: "#hits", swap: "outerHTML" });
}

function pick(option) {
  if (option.dataset.under) return void walk(option.dataset.under);
  const code = option.dataset.code;
  let radio = document.querySelector(`.candidates > .candidate input[data-code="${CSS.escape(code)}"]`);
  if (!radio) {
    const [row, definition] = option.querySelectorAll("template");
    byId("picked").replaceChildren(row.content.cloneNode(true));
    if (definition) byId("about").append(definition.content.cloneNode(true));
    radio = byId("picked").querySelector("input");
  }
  closeHits();
  byId("q").value = "";
  choose(radio);
  announce(radio.closest("label").textContent.replace(/\s+/g, " ").trim());
}

function searchKey(event) {
  const found = options();
  const at = found.findIndex((one) => one.getAttribute("aria-selected") === "true");
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    const step = event.key === "ArrowDown" ? 1 : -1;
    if (found.length) activate(found[(at + step + found.length) % found.length]);
    else if (!event.target.value) walk("");
  } else if (event.key === "ArrowRight" && !event.target.value && found[at]?.dataset.under) {
    event.preventDefault();
    walk(found[at].dataset.under);
  } else if (event.key === "ArrowLeft" && !event.target.value && byId("hits").dataset.up !== undefined) {
    event.preventDefault();
    walk(byId("hits").dataset.up);
  } else if (event.key === "Enter") {
    event.preventDefault();
    // What is listed may still answer an earlier word: then the pick waits for the list.
    if (byId("hits").dataset.query === event.target.value) {
      if (found.length) pick(found[Math.max(at, 0)]);
    } else {
      pickWhenFound = true;
    }
  }
}

// Keys ----------------------------------------------------------------------------------------------

function writesText(element) {
  return element.matches("textarea, select, input:not([type=radio], [type=checkbox]), [contenteditable]");
}

/** The letter of a key: as written, or by its place on the keyboard where a Korean one is set. */
function letter(event) {
  if (/^[a-z]$/i.test(event.key)) return event.key.toLowerCase();
  return /^[\x00-\x7f]$/.test(event.key) ? "" : (/^Key([A-Z])$/.exec(event.code)?.[1] ?? "").toLowerCase();
}

function digit(event) {
  if (/^[1-9]$/.test(event.key)) return Number(event.key);
  return event.shiftKey ? 0 : Number(/^Digit([1-9])$/.exec(event.code)?.[1] ?? 0);
}

function escape(target) {
  const details = byId("cannot");
  if (target.id === "q") closeHits();
  else if (target.closest("#flag")) byId("flag").open = false;
  else if (target.id !== "note") {
    details?.removeAttribute("open");
    byId("same-preview")?.remove();
  }
  const reason = details?.open ? details.querySelector("input:checked") : null;
  (reason ?? chosen() ?? byId("record"))?.focus();
}

function openFlag() {
  const details = byId("flag");
  if (!details) return;
  byId("cannot").open = false;
  details.open = true;
  byId("flag-note").focus();
}

function openCannot() {
  const details = byId("cannot");
  byId("flag")?.removeAttribute("open");
  details.open = true;
  (details.querySelector("input:checked") ?? details.querySelector("input")).focus();
}

function pressRefuse() {
  const reason = document.querySelector("#cannot input:checked");
  if (!reason) {
    complain("reason");
  } else if (reason.value === "other" && !byId("note").value.trim()) {
    complain("note");
    byId("note").focus();
  } else {
    byId("refuse").click();
  }
}

function pressEnter(event) {
  if (event.target.closest("button, a, summary")) return;
  event.preventDefault();
  if (event.repeat) return; // a key held down decides one record, not the next ones too
  if (byId("cannot").open) pressRefuse();
  else if (chosen()) (byId("code-same") ?? byId("accept")).click();
  else complain("choose");
}

function pressDigit(event, number) {
  const reasons = byId("cannot").open;
  const radio = reasons
    ? document.querySelectorAll("#cannot input")[number - 1]
    : document.querySelector(`#decide input[data-number="${number}"]`);
  if (!radio) return;
  event.preventDefault();
  if (reasons) {
    radio.checked = true;
    radio.focus();
    complainNoMore();
    if (radio.value === "other") byId("note").focus();
  } else {
    choose(radio);
  }
}

function onKey(event) {
  if (event.isComposing || event.keyCode === 229) return;
  if (event.altKey || byId("help").open) return;
  const { target } = event;
  if (event.ctrlKey || event.metaKey) {
    if (event.key === "Enter" && target.id === "note" && shortcuts) pressEnter(event);
    if (event.key === "Enter" && target.id === "flag-note" && shortcuts) byId("raise").click();
    return;
  }
  if (event.key === "Escape") return void escape(target);
  if (target.id === "q") return void searchKey(event);
  if (!shortcuts || writesText(target)) return;
  const act = (action) => {
    event.preventDefault();
    if (!event.repeat) action();
  };
  if (event.key === "?" || (event.code === "Slash" && event.shiftKey)) return act(() => byId("help").showModal());
  if (letter(event) === "u" && !event.shiftKey) return act(() => byId("undo").click());
  if (!byId("decide")) return;
  if (event.key === "Enter") return void pressEnter(event);
  if (event.key === "/" || event.code === "Slash") return act(() => byId("q").focus());
  if (letter(event) === "s" && !event.shiftKey) return act(openCannot);
  if (letter(event) === "f" && !event.shiftKey) return act(openFlag);
  if (letter(event) === "g" && !event.shiftKey) return act(() => byId("show-same")?.click());
  if (letter(event) === "n" && !event.shiftKey) return act(() => byId("note").focus());
  const number = digit(event);
  if (number) pressDigit(event, number);
}

// A record is kept while somebody works on it ---------------------------------------------------------

let renewed = Date.now();
let touched = Date.now();

function renew() {
  const screen = byId("screen");
  const lease = byId("lease");
  const now = Date.now();
  if (!lease || document.hidden || now - touched > IDLE) return;
  if (now - renewed < (Number(screen.dataset.leaseSeconds) * 1000) / 3) return;
  renewed = now;
  window.htmx.trigger(lease, "renew");
}

// The page ----------------------------------------------------------------------------------------------

function afterSwap(event) {
  const { target } = event.detail;
  if (target.id === "screen") {
    // An empty queue that asked again and is empty still: nobody is to notice.
    if (event.detail.requestConfig?.verb === "get" && !byId("decide")) return;
    pickWhenFound = false;
    renewed = Date.now();
    announce(byId("screen").dataset.announce);
    showDefinition();
    keepDraft();
    const notice = document.querySelector("#notice");
    (byId("same-preview") ?? chosen() ?? byId("record"))?.focus({ preventScroll: true });
    (notice ?? byId("screen")).scrollIntoView({ block: "nearest" });
  } else if (target.id === "hits") {
    announce(byId("hits").dataset.announce);
    const [first] = options();
    activate(first ?? null);
    if (first) byId("hits").scrollIntoView({ block: "nearest" });
    if (pickWhenFound && byId("hits").dataset.query === byId("q").value) {
      pickWhenFound = false;
      if (first) pick(first);
    }
  }
}

// A refusal (409, 422) is a screen as well; anything that is none of ours must not be put into the page.
function beforeSwap(event) {
  const { xhr, target } = event.detail;
  if (target.id === "screen") {
    const ours = xhr.responseText.includes('id="screen"') && !/<html/i.test(xhr.responseText);
    event.detail.shouldSwap = ours;
    event.detail.isError = !ours && xhr.status >= 400;
    if (!ours && xhr.status < 400) complain("signedOut");
  } else if (/<html/i.test(xhr.responseText)) {
    event.detail.shouldSwap = false;
    if (xhr.status < 400) complain("signedOut");
  }
}

document.addEventListener("keydown", onKey);
document.addEventListener("change", () => {
  complainNoMore();
  keepDraft();
  showDefinition();
});
document.addEventListener("input", (event) => {
  if (event.target.id === "note") complainNoMore();
  if (event.target.closest("#decide")) keepDraft();
});
document.addEventListener("toggle", (event) => event.target.id === "cannot" && complainNoMore(), true);
document.addEventListener("click", (event) => {
  if (event.target.closest("#open-help")) byId("help").showModal();
  const option = event.target.closest("#hits [role=option]");
  if (option) pick(option);
  const level = event.target.closest("#hits [data-under]:not([role=option]), #browse");
  if (level) {
    event.preventDefault();
    walk(level.dataset.under ?? "");
  }
});
for (const kind of ["keydown", "pointerdown"]) {
  document.addEventListener(kind, () => (touched = Date.now()), { passive: true });
}
document.addEventListener("visibilitychange", renew);
document.addEventListener("htmx:beforeSwap", beforeSwap);
document.addEventListener("htmx:afterSwap", afterSwap);
document.addEventListener("htmx:sendError", () => complain("unreachable"));
document.addEventListener("htmx:timeout", () => complain("unreachable"));
document.addEventListener("htmx:responseError", () => complain("failed"));
byId("shortcuts").checked = shortcuts;
byId("shortcuts").addEventListener("change", (event) => useShortcuts(event.target.checked));
document.documentElement.classList.toggle("no-keys", !shortcuts);
setInterval(renew, 5000);
takeUpDraft();
showDefinition();
(chosen() ?? byId("record"))?.focus({ preventScroll: true });
