// Before and after beside each other: two drawings of the same place, parted by a line that moves.
{
  A.on("ready", () => {
    const box = document.getElementById("kart-veksle");
    if (!box || !A.map || !A.drawn.for || !A.drawn.etter) return;
    const state = { mode: "begge", part: 50 };
    A.swipe = state;
    const line = A.el("div", { class: "kart-skille", "aria-hidden": "true" },
      A.el("span", { text: A.say("uten_scenario") }), A.el("span", { text: A.say("med_scenario") }));
    A.map.getContainer().append(line);

    const modes = A.el("div", { class: "kart-veksle-valg", role: "group", "aria-label": A.say("veksle") });
    for (const mode of ["for", "begge", "etter"]) {
      modes.append(A.button(A.say("veksle_" + mode), () => A.setSwipe({ mode }), { "data-mode": mode }));
    }
    const slider = A.el("input", { type: "range", id: "kart-veksle-velger", min: 0, max: 100, step: 1, "aria-label": A.say("veksle_flytt"), oninput: () => A.setSwipe({ part: Number(slider.value) }) });
    const row = A.el("div", { class: "kart-veksle-rad" }, A.el("span", { text: A.say("uten_scenario"), "aria-hidden": "true" }), slider,
      A.el("span", { text: A.say("med_scenario"), "aria-hidden": "true" }));
    box.replaceChildren(modes, row);
    box.hidden = false;

    A.setSwipe = (change) => {
      Object.assign(state, change);
      for (const button of modes.children) button.setAttribute("aria-pressed", String(button.dataset.mode === state.mode));
      row.hidden = line.hidden = state.mode !== "begge";
      slider.value = String(state.part);
      slider.setAttribute("aria-valuetext", A.say("veksle_verdi", { del: state.part, rest: 100 - state.part }));
      clip();
      A.emit("swipe", state);
    };

    // The side that is drawn on a spot.
    A.sideAt = (place) => {
      if (state.mode !== "begge") return state.mode;
      return A.map.latLngToContainerPoint(A.latLng(place)).x < width() ? "for" : "etter";
    };

    function width() {
      const share = { for: 1, etter: 0, begge: state.part / 100 }[state.mode];
      return A.map.getSize().x * share;
    }

    // From where to where, in the map's pixels, a side is seen.
    A.swipePart = (side) => (side === "etter" ? [width(), A.map.getSize().x] : [0, width()]);

    function clip() {
      const size = A.map.getSize();
      const near = A.map.containerPointToLayerPoint([0, 0]);
      const far = near.add(size);
      const middle = near.x + width();
      const cut = (pane, from, to) => {
        const corners = [[from, near.y], [to, near.y], [to, far.y], [from, far.y]];
        A.map.getPane(pane).style.clipPath = `polygon(${corners.map(([x, y]) => `${x}px ${y}px`).join(",")})`;
      };
      cut("kart-for", near.x, middle);
      cut("kart-etter", middle, far.x);
      line.style.left = `${width()}px`;
    }

    A.map.on("move zoom viewreset resize zoomend", clip);
    A.setSwipe({});
  });
}
