// Two conveniences; every page does all of its work without them.
// 1. While someone writes a broadcast, the server says what it costs and who gets it (data-check).
// 2. While one is sent, its progress is asked for again and again (data-poll).
"use strict";
document.documentElement.classList.add("scripted");

// Put each part of `html` in the place of the part of the same name on this page, unless it is the same.
function replaceParts(html) {
  const fresh = new DOMParser().parseFromString(html, "text/html");
  for (const part of fresh.querySelectorAll("[data-part]")) {
    const old = document.querySelector(`[data-part="${part.dataset.part}"]`);
    if (!old || (part.dataset.key && part.dataset.key === old.dataset.key)) continue;
    if (old.outerHTML !== part.outerHTML) old.replaceWith(part);
  }
}

const form = document.querySelector("form[data-check]");
if (form) {
  let waiting = 0, asked = 0;
  const check = async () => {
    const mine = ++asked;
    try {
      const answer = await fetch(form.dataset.check, { method: "POST", body: new FormData(form), redirect: "error" });
      const html = await answer.text();
      if (answer.ok && mine === asked) replaceParts(html);
    } catch { /* the button "Save and check" does the same */ }
  };
  form.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(check, 300);
  });
}

const poll = async () => {
  const part = document.querySelector("[data-poll]");
  if (!part) return;
  try {
    const answer = await fetch(part.dataset.poll, { redirect: "error" });
    if (!answer.ok) return;
    const before = part.dataset.state;
    replaceParts(await answer.text());
    const after = document.querySelector('[data-part="progress"]').dataset.state;
    // What can be done has changed with it: the whole page says so.
    if (after !== before) return location.reload();
  } catch { /* asked again in a moment */ }
  setTimeout(poll, 2000);
};
setTimeout(poll, 2000);
