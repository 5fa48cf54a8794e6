// The view as a link: where, how near, which layers, which year, what is chosen and filtered.
{
  const START = "#kart=";
  const LONGEST = 4000; // signs of a link that is read
  const FAR = 200000; // metres outside the map's own area that a link may point

  A.on("ready", () => {
    const bar = document.getElementById("kart-verktoy");
    if (!A.map) return;
    const write = A.soon(() => {
      try {
        window.history.replaceState(window.history.state, "", START + A.viewText());
      } catch (error) {
        // A browser may refuse many changes in a short time: the link is then a little old.
      }
    });
    restore(window.location.hash);
    // The first pictures of the page leave an anchor as it is; only what a person does is written.
    let opened = false;
    window.requestAnimationFrame(() => { opened = true; });
    for (const event of ["moved", "visible", "year", "swipe", "select", "filter"]) A.on(event, () => opened && write());
    window.addEventListener("hashchange", () => restore(window.location.hash));
    if (bar) copying(bar);
  });

  A.viewText = () => {
    const [x, y] = A.xy(A.map.getCenter());
    const parts = [`${A.map.getZoom().toFixed(2)}/${Math.round(x)}/${Math.round(y)}`];
    const changed = A.side.layers.filter((layer) => Boolean(A.state.visible[layer.name]) !== Boolean(layer.visible) && !(A.background && layer.ground));
    const add = (key, value) => parts.push(`${key}=${encodeURIComponent(value)}`);
    if (changed.length) add("bytt", changed.map((layer) => layer.name).join(","));
    if (A.setYear) add("aar", A.state.year);
    if (A.swipe) add("delt", `${A.swipe.mode}/${A.swipe.part}`);
    const chosen = A.state.selected;
    if (chosen) add("valgt", `${chosen.layer.meta.name}/${chosen.layer.labels()[chosen.row]}`);
    for (const table of A.tables) if (table.filter.trim()) add(`f.${table.meta.id}`, table.filter.trim());
    return parts.join("&");
  };

  // Reads a link. Everything in it is foreign: only what the page already has is used.
  function restore(hash) {
    if (!hash.startsWith(START) || hash.length > LONGEST) return;
    const [where, ...rest] = hash.slice(START.length).split("&");
    const found = new URLSearchParams(rest.join("&"));
    const numbers = where.split("/").map(Number);
    const [zoom, x, y] = numbers;
    const [west, south, east, north] = A.side.bounds;
    const sane = numbers.length === 3 && numbers.every(Number.isFinite) && zoom >= 0 && zoom <= 22 &&
      x > west - FAR && x < east + FAR && y > south - FAR && y < north + FAR;
    if (sane) A.map.setView(A.latLng([x, y]), zoom, { animate: false });
    const switched = new Set((found.get("bytt") || "").split(","));
    A.setVisible(Object.fromEntries(A.side.layers.map((layer) => [layer.name, Boolean(layer.visible) !== switched.has(layer.name)])));
    if (A.setYear && /^\d{4}$/.test(found.get("aar") || "")) A.setYear(Number(found.get("aar")));
    const swipe = /^(for|begge|etter)\/(\d{1,3})$/.exec(found.get("delt") || "");
    if (A.setSwipe && swipe && Number(swipe[2]) <= 100) A.setSwipe({ mode: swipe[1], part: Number(swipe[2]) });
    for (const table of A.tables) {
      const text = found.get(`f.${table.meta.id}`) || "";
      if (text.slice(0, 200) !== table.filter) A.filterTable(table, text.slice(0, 200));
    }
    const chosen = /^([^/]*)\/(.*)$/s.exec(found.get("valgt") || "");
    const layer = chosen && A.layerNamed(chosen[1]);
    const row = layer ? layer.labels().findIndex((label) => String(label) === chosen[2]) : -1;
    if (row >= 0) A.select({ layer, row }, { from: "delt" });
  }

  function copying(bar) {
    const field = A.el("input", { type: "text", readonly: true, class: "kart-lenke", "aria-label": A.say("lenke"), hidden: true });
    bar.append(A.button(A.say("kopier_lenke"), async () => {
      const link = window.location.href.split("#")[0] + START + A.viewText();
      field.hidden = true;
      try {
        // In a frame without the right to it the browser would complain of the attempt.
        const rights = document.featurePolicy;
        if (rights && !rights.allowsFeature("clipboard-write")) throw new Error("clipboard");
        await navigator.clipboard.writeText(link);
        A.status(A.say("lenke_kopiert"));
      } catch (error) {
        field.value = link;
        field.hidden = false;
        field.focus();
        field.select();
        A.status(A.say("lenke_merket"));
      }
    }, { class: "kart-del" }), field);
  }
}
