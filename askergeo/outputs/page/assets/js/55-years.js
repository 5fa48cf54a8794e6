// A slider through the years of a forecast.
{
  const PAUSE = 900; // milliseconds a year is shown while the years play

  A.on("ready", () => {
    const box = document.getElementById("kart-aar");
    const with_ = A.side.layers.filter((layer) => layer.years && layer.years.length);
    const years = [...new Set(with_.flatMap((layer) => layer.years))].sort((a, b) => a - b);
    if (!box || !A.map || years.length < 2) return;
    const first = years.includes(with_[0].year) ? with_[0].year : years[0];
    let playing = null;
    let played = 0;

    const slider = A.el("input", { type: "range", id: "kart-aar-velger", min: 0, max: years.length - 1, step: 1, oninput: () => go(Number(slider.value)) });
    const shown = A.el("output", { for: "kart-aar-velger", class: "kart-aar-tall" });
    const step = (by) => () => { stop(); go(Number(slider.value) + by); };
    const before = A.button("‹", step(-1), { "aria-label": A.say("aar_forrige"), title: A.say("aar_forrige") });
    const after = A.button("›", step(1), { "aria-label": A.say("aar_neste"), title: A.say("aar_neste") });
    const play = A.button(A.say("aar_spill"), () => (playing === null ? start() : stop()), { class: "kart-aar-spill" });
    // One sentence a year, not one a step of the play.
    const sentence = A.el("p", { class: "kart-aar-setning", role: "status" });
    box.replaceChildren(A.el("label", { for: "kart-aar-velger", text: A.say("aar") }), before, slider, after, shown, play, sentence);
    box.hidden = false;
    play.hidden = A.reducedMotion();

    A.setYear = (year) => {
      if (years.includes(year)) go(years.indexOf(year));
    };

    function go(place) {
      const at = Math.min(Math.max(place, 0), years.length - 1);
      slider.value = String(at);
      slider.setAttribute("aria-valuetext", A.yearName(years[at]));
      shown.textContent = A.yearName(years[at]);
      before.setAttribute("aria-disabled", String(at === 0));
      after.setAttribute("aria-disabled", String(at === years.length - 1));
      A.state.year = years[at];
      A.emit("year", years[at]);
      say();
    }

    function say() {
      const text = tell(with_, years[Number(slider.value)]);
      if (playing === null && sentence.textContent !== text) sentence.textContent = text;
    }

    function start() {
      if (A.reducedMotion()) return;
      play.textContent = A.say("aar_stopp");
      if (Number(slider.value) === years.length - 1) go(0);
      played = performance.now();
      playing = window.requestAnimationFrame(next);
    }

    function next(now) {
      if (now - played >= PAUSE) {
        played = now;
        go(Number(slider.value) + 1);
      }
      if (Number(slider.value) === years.length - 1 || A.reducedMotion()) stop();
      else playing = window.requestAnimationFrame(next);
    }

    function stop() {
      if (playing === null) return;
      window.cancelAnimationFrame(playing);
      playing = null;
      play.textContent = A.say("aar_spill");
      say();
    }

    A.on("visible", say);
    A.on("swipe", say);
    slider.addEventListener("pointerdown", stop);
    go(years.indexOf(first));
  });

  // How many of each class the year has in every layer that is seen, in the order of the legend.
  function tell(layers, year) {
    const said = layers.filter(seen).flatMap((layer) => counted(A.layerNamed(layer.name), year));
    return said.join(" ") || A.say("aar_viser", { aar: A.yearName(year) });
  }

  function seen(layer) {
    const mode = A.swipe && layer.side ? A.swipe.mode : "begge";
    return A.state.visible[layer.name] !== false && (mode === "begge" || mode === layer.side);
  }

  function counted(layer, year) {
    const classes = layer.years[A.yearOf(layer.meta)];
    if (!classes) return [];
    const counts = new Array(layer.meta.symbols.length).fill(0);
    for (const one of classes) counts[one] += 1;
    const parts = counts.flatMap((count, number) => (count ? [`${layer.meta.symbols[number].label}: ${count.toLocaleString("nb-NO")}`] : []));
    const sentence = A.say("aar_setning", { aar: A.yearName(year), lag: layer.meta.title, tall: parts.join(", ") });
    const side = { for: "uten_scenario", etter: "med_scenario" }[layer.meta.side];
    return [side ? `${A.say(side)}: ${sentence}` : sentence];
  }
}
