// Remarks on spots of the map: kept in the page alone until they are saved in a file.
{
  const LONGEST = 2000;
  const THEMES = ["bolig", "trafikk", "gange", "skole", "natur", "kulturmiljo", "vann", "annet"];
  // What looks as if it tells who somebody is.
  const PERSONAL = [
    ["varsel_epost", /[\w.+-]+\s?@\s?[\w-]+\.[\w.-]+/],
    ["varsel_fodselsnummer", /(?<!\d)\d{6}[ .-]?\d{5}(?!\d)/],
    ["varsel_telefon", /(?<![\d,])(?:(?:\+|00)47[ -]?)?(?:[2-9]\d{7}|[2-9]\d[ .-]\d{2}[ .-]\d{2}[ .-]\d{2}|[2-9]\d{2}[ .-]\d{2}[ .-]\d{3})(?!\d)/],
  ];
  const remarks = [];
  let unsaved = false;
  let draft = null; // {id, x, y} of what is being written
  let parts = null;

  // The kinds of personal information that a text seems to have.
  A.personal = (text) => PERSONAL.filter(([, pattern]) => pattern.test(text)).map(([key]) => key);

  A.on("ready", () => {
    const box = document.getElementById("kart-innspill");
    if (!box || !A.map) return;
    parts = form();
    box.replaceChildren(parts.fold);
    box.hidden = false;
    window.addEventListener("beforeunload", (event) => {
      if (unsaved) event.preventDefault();
    });
  });

  function form() {
    const theme = A.el("select", { id: "innspill-tema" });
    for (const key of THEMES) theme.append(A.el("option", { value: key, text: A.say("tema_" + key) }));
    const text = A.el("textarea", { id: "innspill-tekst", rows: 4, maxlength: LONGEST, "aria-describedby": "innspill-raad innspill-igjen", oninput: check });
    const left = A.el("p", { id: "innspill-igjen", class: "note" });
    const warning = A.el("p", { class: "kart-varsel", role: "alert" });
    const spot = A.el("p", { class: "kart-innspill-sted" });
    const pick = A.button(A.say("velg_sted"), choose);
    const cancel = A.button(A.say("avbryt"), () => { stop(); pick.focus(); });
    const write = A.el("form", { hidden: true, onsubmit: (event) => { event.preventDefault(); keep(); } },
      A.el("p", {}, A.el("label", { for: "innspill-tema", text: A.say("tema") }), theme),
      A.el("p", {}, A.el("label", { for: "innspill-tekst", text: A.say("innspill_tekst") }), text), left, warning,
      A.el("p", { class: "kart-knapper" }, A.el("button", { type: "submit", text: A.say("legg_til") }), cancel));
    const list = A.el("ol", { class: "kart-innspill-liste" });
    const save = A.button(A.say("lagre_innspill"), saveAll, { hidden: true });
    const sent = A.el("p", { class: "note", hidden: true, text: A.say("innspill_sendes") });
    const fold = A.el("details", { class: "fold" }, A.el("summary", { text: A.say("skriv_innspill") }),
      A.el("p", { text: A.say("innspill_forklaring") }),
      A.el("p", { id: "innspill-raad", class: "kart-raad", text: A.say("innspill_raad") }),
      A.el("p", { class: "kart-knapper" }, pick), spot, write, list, A.el("p", { class: "kart-knapper" }, save), sent);
    return { fold, theme, text, left, warning, spot, pick, write, list, save, sent };
  }

  function check() {
    const { text, left, warning } = parts;
    left.textContent = A.say("tegn_igjen", { antall: LONGEST - text.value.length });
    const found = A.personal(text.value);
    const said = found.length ? A.say("varsel", { hva: found.map((key) => A.say(key)).join(", ") }) : "";
    if (warning.textContent !== said) warning.textContent = said;
  }

  // The next click or Enter in the map tells the spot.
  function choose() {
    const box = document.getElementById("kart");
    A.select(null);
    box.classList.add("kart-velger");
    A.stopPicking = () => {
      A.pickPlace = A.stopPicking = null;
      box.classList.remove("kart-velger");
      A.status(A.say("sted_avbrutt"));
      parts.pick.focus();
    };
    A.pickPlace = ([x, y]) => {
      A.pickPlace = A.stopPicking = null;
      box.classList.remove("kart-velger");
      begin({ ...(draft || {}), x: Math.round(x), y: Math.round(y) });
    };
    A.status(A.say("sted_velg"));
    parts.spot.textContent = A.say("sted_velg");
    box.scrollIntoView({ block: "nearest" });
    box.focus({ preventScroll: true });
  }

  function begin(made) {
    draft = made;
    A.mark([draft.x, draft.y]);
    parts.write.hidden = false;
    parts.spot.textContent = A.say("sted_valgt", { x: draft.x, y: draft.y });
    parts.pick.textContent = A.say("velg_annet_sted");
    check();
    parts.fold.open = true;
    parts.text.focus();
  }

  function stop() {
    draft = null;
    A.mark(null);
    parts.write.hidden = true;
    parts.text.value = "";
    parts.spot.textContent = "";
    parts.pick.textContent = A.say("velg_sted");
    check();
  }

  function keep() {
    const text = parts.text.value.trim();
    if (!text) {
      parts.warning.textContent = A.say("innspill_tomt");
      parts.text.focus();
      return;
    }
    const made = {
      id: draft.id || identity(), x: draft.x, y: draft.y, tema: A.say("tema_" + parts.theme.value), tekst: text.slice(0, LONGEST), laget: today(),
    };
    const at = remarks.findIndex((one) => one.id === made.id);
    if (at < 0) remarks.push({ ...made, nokkel: parts.theme.value });
    else remarks[at] = { ...made, nokkel: parts.theme.value };
    unsaved = true;
    stop();
    show();
    parts.pick.focus();
    A.status(A.say("innspill_lagt_til", { antall: remarks.length }));
  }

  function show() {
    parts.list.replaceChildren(...remarks.map((one, i) => {
      const named = (key, action) => A.button(A.say(key), action, { "aria-label": A.say(key + "_nr", { nr: i + 1 }) });
      return A.el("li", {}, A.el("strong", { text: one.tema }), A.el("p", { text: one.tekst }), A.el("p", { class: "kart-knapper" },
        named("vis", () => A.map.setView(A.latLng([one.x, one.y]), Math.max(A.map.getZoom(), A.zoomOf(5)))),
        named("endre", () => {
          parts.theme.value = one.nokkel;
          parts.text.value = one.tekst;
          begin({ id: one.id, x: one.x, y: one.y });
        }),
        named("slett", () => {
          remarks.splice(remarks.indexOf(one), 1);
          if (draft && draft.id === one.id) stop();
          unsaved = remarks.length > 0;
          show();
          parts.pick.focus();
          A.status(A.say("innspill_slettet"));
        })));
    }));
    parts.save.hidden = parts.sent.hidden = !remarks.length;
    pins();
  }

  let group = null;
  function pins() {
    if (!group) group = L.layerGroup().addTo(A.map);
    group.clearLayers();
    remarks.forEach((one, i) => {
      const icon = L.divIcon({ className: "kart-naal", iconSize: [28, 28], html: A.el("span", { text: String(i + 1) }) });
      group.addLayer(L.marker(A.latLng([one.x, one.y]), { icon, interactive: false, keyboard: false, pane: "innspill" }));
    });
  }

  function saveAll() {
    const made = {
      format: "askergeo-innspill", version: 1,
      side: { tittel: A.side.title, analyse: A.side.analysis, laget: A.side.created },
      crs: A.side.crs,
      innspill: remarks.map(({ id, x, y, tema, tekst, laget }) => ({ id, x, y, tema, tekst, laget })),
    };
    const analysis = String(A.side.analysis).replace(/[^\w-]/g, "");
    A.saveFile(`innspill-${analysis}-${today()}.json`, JSON.stringify(made, null, 1), "application/json");
    unsaved = false;
    A.status(A.say("innspill_lagret", { antall: remarks.length }));
  }

  function today() {
    const now = new Date();
    const two = (number) => String(number).padStart(2, "0");
    return `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
  }

  // A page from a file is no secure context in every browser: randomUUID may be missing.
  function identity() {
    if (crypto.randomUUID) return crypto.randomUUID();
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    bytes[6] = (bytes[6] & 15) | 64;
    bytes[8] = (bytes[8] & 63) | 128;
    const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
  }
}
