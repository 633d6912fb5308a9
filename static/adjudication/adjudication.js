// Letters of the adjudicator's screen. All other keys are those of the queue (queue.js, which is loaded before).
"use strict";

function onLetter(event) {
  if (event.isComposing || event.keyCode === 229 || byId("help").open) return;
  if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey || event.repeat) return;
  if (!shortcuts || writesText(event.target)) return;
  const radio = document.querySelector(`#decide input[data-letter="${letter(event)}"]`);
  if (!radio) return;
  event.preventDefault();
  choose(radio);
}

document.addEventListener("keydown", onLetter);
