// Keys of the adjudicator's screen beyond those it shares with the queue (queue.js, which is loaded before).
"use strict";

function chooseLetter(which) {
  const radio = document.querySelector(`#decide input[data-letter="${which}"]`);
  if (radio) choose(radio);
  return radio !== null;
}

function openQuestion() {
  const details = byId("back");
  if (!details) return false;
  details.open = true;
  byId("question").focus();
  return true;
}

function onAdjudicatorsKey(event) {
  if (event.isComposing || event.keyCode === 229 || event.altKey || byId("help").open) return;
  const { target } = event;
  if (event.ctrlKey || event.metaKey) {
    if (event.key === "Enter" && target.id === "question" && shortcuts) {
      event.preventDefault();
      byId("send-back").click();
    }
    return;
  }
  if (event.key === "Escape" && target.id === "question") {
    byId("back").removeAttribute("open");
    (chosen() ?? byId("record"))?.focus();
    return;
  }
  if (!shortcuts || event.shiftKey || event.repeat || !byId("decide") || writesText(target)) return;
  const pressed = letter(event);
  if ("abc".includes(pressed) && pressed ? chooseLetter(pressed) : pressed === "q" && openQuestion()) {
    event.preventDefault();
  }
}

document.addEventListener("keydown", onAdjudicatorsKey);
