// Starts the page when its data have been read.
{
  // A link to a folded table opens it: not every browser does so by itself.
  function unfold() {
    let name = "";
    try {
      name = decodeURIComponent(window.location.hash.slice(1));
    } catch (error) {
      return;
    }
    const target = name && !name.startsWith("kart=") ? document.getElementById(name) : null;
    if (!target) return;
    let folded = target.closest("details");
    if (!folded || folded.open) return;
    for (; folded; folded = folded.parentElement.closest("details")) folded.open = true;
    target.scrollIntoView();
  }

  function start(data) {
    const box = document.getElementById("kart");
    A.data = data;
    if (!box || !data.layers.length) {
      A.emit("ready", data);
      return;
    }
    A.makeMap();
    A.makeLayers(data);
    const waiting = new Set(Object.values(A.drawn));
    const drawn = (layer) => {
      waiting.delete(layer);
      if (waiting.size || box.hasAttribute("data-ready")) return;
      const sum = data.layers.reduce((all, one) => all + one.n, 0);
      box.setAttribute("data-ready", String(sum));
    };
    for (const layer of waiting) layer.once("load", () => drawn(layer));
    A.emit("ready", data);
  }

  function fail(error) {
    console.error(error);
    const box = document.getElementById("kart");
    if (!box) return;
    const why = error instanceof Error && error.message ? error.message : "";
    box.classList.add("kart-feil");
    box.append(A.el("p", { role: "alert", text: `${A.say("kan_ikke_leses")} ${why}`.trim() }));
  }

  window.addEventListener("hashchange", unfold);
  unfold();
  if (typeof A.load === "function") A.load().then(start).catch(fail);
}
