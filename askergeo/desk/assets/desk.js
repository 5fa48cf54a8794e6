// What the desk's pages do beyond plain forms: follow a run, and take files that are dropped.
(function () {
  "use strict";

  const EVERY = 700; // ms between questions of how a run goes

  function follow(box) {
    const text = box.querySelector("[data-status-text]");
    const bar = box.querySelector("progress");
    const percent = box.querySelector("[data-status-percent]");
    const step = box.querySelector("[data-status-step]");
    const log = document.querySelector("[data-status-log]");
    let said = "";
    function ask() {
      fetch(box.dataset.status, { credentials: "same-origin" })
        .then(function (answer) {
          if (!answer.ok) { throw new Error(String(answer.status)); }
          return answer.json();
        })
        .then(function (status) {
          if (status.over) {
            location.reload();
            return;
          }
          bar.value = status.percent;
          percent.textContent = status.percent + " %";
          step.textContent = status.text;
          log.textContent = status.log;
          const now = status.state === "venter"
            ? "I kø." + (status.before ? " " + status.before + " foran i køen." : "")
            : "Kjøringen pågår.";
          // Said aloud only when it changes.
          if (now !== said) { text.textContent = now; said = now; }
          setTimeout(ask, EVERY);
        })
        .catch(function () {
          text.textContent = "Skrivebordet svarer ikke. Det kan være lukket.";
          setTimeout(ask, 5 * EVERY);
        });
    }
    ask();
  }

  function takeFiles(box) {
    const input = box.querySelector("input[type=file]");
    const error = box.querySelector("[data-drop-error]");
    function check() {
      const size = Array.from(input.files).reduce(function (sum, file) { return sum + file.size; }, 0);
      const tooLarge = size > Number(box.dataset.limit) - 1000000;
      error.hidden = !tooLarge;
      if (tooLarge) { input.value = ""; }
    }
    box.addEventListener("dragover", function (event) {
      event.preventDefault();
      box.classList.add("over");
    });
    box.addEventListener("dragleave", function () { box.classList.remove("over"); });
    box.addEventListener("drop", function (event) {
      event.preventDefault();
      box.classList.remove("over");
      const given = new DataTransfer();
      Array.from(event.dataTransfer.files)
        .slice(0, input.multiple ? undefined : 1)
        .forEach(function (file) { given.items.add(file); });
      if (given.files.length) { input.files = given.files; check(); }
    });
    input.addEventListener("change", check);
  }

  // A run is not begun twice by a double click.
  function once(form) {
    form.addEventListener("submit", function (event) {
      if (form.dataset.sent) { event.preventDefault(); }
      form.dataset.sent = "1";
    });
    // The back button brings the page as it was left.
    window.addEventListener("pageshow", function () { delete form.dataset.sent; });
  }

  document.querySelectorAll("[data-status]").forEach(follow);
  document.querySelectorAll("[data-drop]").forEach(takeFiles);
  document.querySelectorAll("[data-once]").forEach(once);
  const faults = document.getElementById("feil");
  if (faults) { faults.focus(); }
  if (location.hash.length > 1) {
    const target = document.getElementById(location.hash.slice(1));
    const details = target && target.closest("details");
    if (details) { details.open = true; }
  }
})();
