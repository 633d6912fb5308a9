// Puts a column's name into the text template where one is writing.
"use strict";

document.getElementById("train").addEventListener("click", (event) => {
  const button = event.target.closest("[data-insert]");
  if (button === null) return;
  const field = document.getElementById("id_template");
  const before = field.value.slice(0, field.selectionStart);
  const gap = before === "" || before.endsWith(" ") ? "" : " ";
  field.setRangeText(`${gap}{${button.dataset.insert}}`, field.selectionStart, field.selectionEnd, "end");
  field.focus();
  field.dispatchEvent(new Event("input", { bubbles: true }));
});
