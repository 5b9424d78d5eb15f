// New texts show by themselves; without this, the Refresh link does it.
const live = document.querySelectorAll("[data-from]");
for (const link of document.querySelectorAll("[data-refresh]")) link.hidden = true;
setInterval(async () => {
  for (const part of live) {
    try {
      const answer = await fetch(part.dataset.from);
      const text = await answer.text();
      if (answer.ok && part.dataset.last !== text) { part.dataset.last = text; part.innerHTML = text; }
    } catch { /* the phone was stopped; the page stays as it is */ }
  }
}, 1000);
