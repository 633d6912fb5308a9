// The form of the routing: a line more when the last one is filled, and what a changed form makes outdated.
"use strict";

const byId = (id) => document.getElementById(id);

/** Another empty line, once the last one has something in it. */
function grow(list) {
  const last = list.lastElementChild;
  if (last?.value.trim()) {
    const more = last.cloneNode();
    more.value = "";
    more.removeAttribute("value");
    list.append(more);
  }
}

function onInput(event) {
  const form = byId("settings");
  if (!form?.contains(event.target)) return;
  const list = event.target.closest("[data-grows]");
  if (list) grow(list);
  const apply = byId("apply");
  if (apply) {
    byId("preview").classList.add("stale");
    apply.disabled = true;
  }
}

// Where a field is at fault the answer is the page with what is wrong; of it the form and its sides are taken.
function beforeSwap(event) {
  const { xhr, target } = event.detail;
  if (target.id !== "preview") return;
  if (xhr.responseText.includes('id="routing"')) {
    event.detail.shouldSwap = true;
    event.detail.isError = false;
    event.detail.target = byId("routing");
    event.detail.selectOverride = "#routing";
  } else if (/<html/i.test(xhr.responseText)) {
    event.detail.shouldSwap = false;
    location.reload(); // signed out, or a fault: the page itself says which
  }
}

function afterSwap(event) {
  const { target } = event.detail;
  if (target.id !== "preview" && target.id !== "routing") return;
  const shown = document.querySelector("#routing .errorlist") ?? byId("preview");
  shown.scrollIntoView({ block: "nearest" });
  byId("announce").textContent = byId("preview").querySelector("dl.stats")?.textContent.replace(/\s+/g, " ") ?? "";
}

document.addEventListener("input", onInput);
document.addEventListener("htmx:beforeSwap", beforeSwap);
document.addEventListener("htmx:afterSwap", afterSwap);
