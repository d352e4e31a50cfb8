// Copy buttons for code and digests. Optional: without script the text is selectable and the full digest stands in the page.
for (const button of document.querySelectorAll("button[data-copy]")) {
  button.hidden = !navigator.clipboard;
  const before = button.textContent;
  button.addEventListener("click", async () => {
    const from = document.getElementById(button.dataset.copy);
    if (!from) return;
    await navigator.clipboard.writeText(from.dataset.full || from.textContent);
    button.textContent = button.dataset.done;
    setTimeout(() => { button.textContent = before; }, 2000);
  });
}
