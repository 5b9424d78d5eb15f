// The two buttons of "Keep this on my device". Nothing is kept, asked for or registered before a tap.
"use strict";
(() => {
  const box = document.querySelector("[data-keep]");
  const worker = new URL("sw.js", document.currentScript.src).href;
  const scope = new URL("./", worker).href;
  const able = location.protocol !== "file:" && "serviceWorker" in navigator && "caches" in window;

  const say = (which) => {
    box.querySelector("[role=status]").textContent = box.dataset[which];
  };
  const isKept = async () => (await navigator.serviceWorker.getRegistrations()).some((each) => each.scope === scope);

  const settled = (registration) =>
    new Promise((resolve, reject) => {
      const coming = registration.installing;
      if (!coming) return resolve();
      coming.addEventListener("statechange", () => {
        if (coming.state === "activated") resolve();
        if (coming.state === "redundant") reject(new Error("not kept"));
      });
    });

  const remove = async () => {
    for (const each of await navigator.serviceWorker.getRegistrations()) {
      if (each.scope === scope) await each.unregister();
    }
    for (const key of await caches.keys()) {
      if (key.startsWith(`kept ${scope} `)) await caches.delete(key);
    }
  };

  const buttons = {
    async keep() {
      say("keeping");
      try {
        await settled(await navigator.serviceWorker.register(worker));
        say("kept");
      } catch {
        await remove();
        say("failed");
      }
    },
    async remove() {
      await remove();
      say("removed");
    },
  };

  if (!able) return say("cannot");
  box.append(box.querySelector("template").content.cloneNode(true));
  for (const [name, press] of Object.entries(buttons)) {
    box.querySelector(`[data-press=${name}]`).addEventListener("click", press);
  }
  isKept().then((kept) => say(kept ? "kept" : "not"));
})();
