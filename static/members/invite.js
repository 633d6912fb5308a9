"use strict";
// The button that copies an invitation's link; without a clipboard the link is marked, to be copied by hand.
document.querySelectorAll("[data-copies]").forEach((button) => {
  const link = document.getElementById(button.dataset.copies);
  button.hidden = false;
  button.addEventListener("click", async () => {
    link.select();
    try {
      await navigator.clipboard.writeText(link.value);
      document.getElementById("announce").textContent = button.dataset.copied;
      button.textContent = button.dataset.copied;
    } catch {
      link.focus();
    }
  });
});
