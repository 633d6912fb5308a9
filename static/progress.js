// Says aloud, to those who listen, when a job's state or tens of percent have changed: not every second.
"use strict";

const spoken = new Map();

function speak() {
  for (const job of document.querySelectorAll("[data-announce]")) {
    const text = job.dataset.announce;
    if (spoken.get(job.id) !== text) {
      spoken.set(job.id, text);
      document.getElementById("announce").textContent = text;
    }
  }
}

document.addEventListener("htmx:afterSwap", speak);
window.addEventListener("load", speak); // a page that loaded itself again because its job has ended
