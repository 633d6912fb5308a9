// What was filled in before the scripts had started, or was put back by the browser when the page is loaded again,
// is told to the page as if it were chosen now: otherwise nothing is asked of the server for it.
"use strict";

function isChanged(field) {
  if (field.matches("select")) return [...field.options].some((one) => one.selected !== one.defaultSelected);
  if (field.matches("[type=radio], [type=checkbox]")) return field.checked !== field.defaultChecked;
  return field.matches("input:not([type=hidden]), textarea") && field.value !== field.defaultValue;
}

window.addEventListener("pageshow", (event) => {
  if (event.persisted) return; // the page as it was left, with all that was asked for
  for (const form of document.querySelectorAll("main form")) {
    for (const field of [...form.elements].filter(isChanged)) field.dispatchEvent(new Event("change", { bubbles: true }));
  }
});
