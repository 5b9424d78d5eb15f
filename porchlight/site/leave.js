/* Leaving quickly, and forgetting what was written. Runs before anything is drawn; every line stays inside the page.

   One flag lives in this tab alone: that the person left. While it stands, a step back in the history leads to the exit
   again and shows nothing. Coming here on purpose takes it away. */
(function () {
  var root = document.documentElement, exit = document.currentScript.dataset.exit, pressed = [];

  function flag(value) {
    try {
      if (value === undefined) return sessionStorage.getItem("left");
      if (value) sessionStorage.setItem("left", value);
      else sessionStorage.removeItem("left");
    } catch (error) {
      /* Storage is switched off: the person still leaves, only without the guard on the way back. */
    }
    return null;
  }

  function came() {
    var entry = performance.getEntriesByType("navigation")[0];
    if (entry) return entry.type;
    return performance.navigation.type === 2 ? "back_forward" : "navigate";
  }

  function go() {
    root.hidden = true;
    document.title = "\u00a0";
    location.replace(exit);
  }

  function leave(event) {
    event.preventDefault();
    flag("1");
    forget();
    go();
  }

  function forget() {
    document.querySelectorAll("[data-blanks] input,[data-blanks] textarea").forEach(function (blank) {
      blank.value = "";
    });
  }

  function shown(event) {
    if (flag() && (event.persisted || came() === "back_forward")) go();
    else root.hidden = false;
  }

  if (flag() && came() === "back_forward") go();
  else if (came() === "navigate") flag("");

  addEventListener("pageshow", shown);
  /* A page that the browser keeps for the way back is kept blank. */
  addEventListener("pagehide", function () {
    forget();
    root.hidden = true;
  });
  addEventListener("click", function (event) {
    if (event.target.closest(".exit")) leave(event);
  });
  addEventListener("keydown", function (event) {
    if (event.repeat) return;
    pressed = event.key === "Shift" ? pressed.concat(Date.now()).slice(-3) : [];
    if (pressed.length === 3 && pressed[2] - pressed[0] < 5000) leave(event);
  });
})();
