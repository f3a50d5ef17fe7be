// Runs once, with gr.HTML's `element` and `trigger`. Shows the evidence that every answer carries hidden in itself:
// a small card at a citation, and the panel beside the conversation. Text is only ever cloned or set as text.

const root = document;
const q = (selector, within = root) => within.querySelector(selector);
const qa = (selector, within = root) => [...within.querySelectorAll(selector)];
const numberOf = (node, prefix) => {
  const found = [...node.classList].find((name) => name.startsWith(prefix) && /^\d+$/.test(name.slice(prefix.length)));
  return found === undefined ? null : found.slice(prefix.length);
};
const isNarrow = () => window.matchMedia("(max-width: 900px)").matches;

root.documentElement.lang = root.documentElement.lang || "en";

// --- where the evidence of a citation is -------------------------------------------------------------------------
function cardOf(mark) {
  const answer = mark.closest(".qa-answer");
  const number = numberOf(mark, "qa-src-");
  return answer && number ? q(`.qa-evidence .qa-card-${number}`, answer) : null;
}

// --- the small card at a citation --------------------------------------------------------------------------------
const pop = root.createElement("div");
pop.id = "qa-pop";
pop.setAttribute("role", "tooltip");
pop.hidden = true;
q(".gradio-container")?.append(pop);
let popFor = null;
let popTimer = 0;

function addLine(className, content) {
  const line = root.createElement("p");
  line.className = className;
  if (content instanceof Node) line.append(content);
  else line.textContent = content;
  pop.append(line);
}

function showPop(mark) {
  const card = cardOf(mark);
  clearTimeout(popTimer);
  if (!card || popFor === mark) return;
  hidePop();
  popFor = mark;
  pop.replaceChildren();
  addLine("qa-pop-title", q(".qa-card-title", card)?.textContent ?? "");
  addLine("qa-pop-byline", q(".qa-card-byline", card)?.textContent ?? "");
  const sentence = numberOf(mark, "qa-of-");
  const quotes = sentence === null ? [] : qa(`mark.qa-ev-${sentence}`, card).map((m) => m.textContent);
  if (quotes.length) addLine("qa-pop-quote", `“${quotes.join("").trim()}”`);
  else if (sentence !== null && !mark.matches(".qa-factual")) addLine("qa-pop-none", "No sentence of this abstract was found to carry this one.");
  const open = root.createElement("button");
  open.type = "button";
  open.className = "qa-pop-open";
  open.textContent = "Show in the abstract";
  open.addEventListener("click", () => openEvidence(mark));
  pop.append(open);
  pop.hidden = false;
  mark.setAttribute("aria-describedby", "qa-pop");
  place(mark);
}

function place(mark) {
  const at = mark.getBoundingClientRect();
  const margin = 8;
  const { offsetWidth: width, offsetHeight: height } = pop;
  const end = isNarrow() ? window.innerWidth : q("#qa-chat")?.getBoundingClientRect().right ?? window.innerWidth; // beside the evidence, not over it
  const left = Math.max(margin, Math.min(at.left + at.width / 2 - width / 2, end - width - margin));
  const below = at.bottom + margin; // what has been read stays in sight
  const fits = below + height <= window.innerHeight - margin;
  pop.style.left = `${left}px`;
  pop.style.top = `${fits ? below : Math.max(margin, at.top - height - margin)}px`;
}

function hidePop() {
  clearTimeout(popTimer);
  popFor?.removeAttribute("aria-describedby");
  popFor = null;
  pop.hidden = true;
}

function hidePopSoon() {
  clearTimeout(popTimer);
  popTimer = setTimeout(() => { if (!pop.matches(":hover")) hidePop(); }, 220);
}

// --- the panel ---------------------------------------------------------------------------------------------------
const panel = () => q("#qa-panel");
let shownAnswer = null;
let cameFrom = null;

function fill(answer) {
  const body = q(".qa-panel-body", panel());
  if (q(".qa-panel-empty", body)) emptyBody ??= body.cloneNode(true);
  body.replaceChildren(...qa(".qa-evidence > .qa-card", answer).map((card) => card.cloneNode(true)));
  for (const card of qa(".qa-card", body)) {
    const title = q(".qa-card-title", card);
    const toggle = root.createElement("button");
    toggle.type = "button";
    toggle.className = title.className;
    toggle.append(...title.childNodes);
    toggle.addEventListener("click", () => setOpen(card, !card.classList.contains("qa-card-open")));
    title.replaceWith(toggle);
    setOpen(card, false);
  }
  shownAnswer = answer;
  for (const other of qa(".qa-answer.qa-chosen")) other.classList.remove("qa-chosen");
  answer.classList.add("qa-chosen");
  body.scrollTop = 0;
}

function setOpen(card, isOpen) {
  card.classList.toggle("qa-card-open", isOpen);
  q(".qa-card-title", card).setAttribute("aria-expanded", String(isOpen));
}

function openEvidence(mark) {
  const answer = mark.closest(".qa-answer");
  const number = numberOf(mark, "qa-src-");
  if (!cardOf(mark)) return;
  hidePop();
  if (shownAnswer !== answer) fill(answer);
  const body = q(".qa-panel-body", panel());
  const card = q(`.qa-card-${number}`, body);
  const sentence = numberOf(mark, "qa-of-");
  for (const other of qa(".qa-card", body)) {
    if (other !== card) setOpen(other, false);
    other.classList.toggle("qa-card-shown", other === card);
  }
  for (const lit of qa("mark.qa-lit", body)) lit.classList.remove("qa-lit");
  setOpen(card, true);
  const lit = sentence === null ? [] : qa(`mark.qa-ev-${sentence}`, card);
  lit.forEach((m) => m.classList.add("qa-lit"));
  cameFrom = mark;
  panel().classList.add("qa-panel-open");
  body.scrollTop = Math.max(0, card.offsetTop - body.offsetTop - 8);
  const low = lit[0];
  if (low && low.offsetTop - body.offsetTop > body.scrollTop + body.clientHeight - 60) {
    body.scrollTop = low.offsetTop - body.offsetTop - body.clientHeight / 3;
  }
  if (isNarrow()) panel().focus({ preventScroll: true });
}

function closePanel() {
  if (!panel().classList.contains("qa-panel-open")) return false;
  panel().classList.remove("qa-panel-open");
  cameFrom?.focus?.({ preventScroll: true });
  return true;
}

// The newest finished answer fills the panel by itself; on a phone the panel stays shut until it is asked for.
let newestSeen = "";
function followNewest() {
  q("#qa-log .examples[role=list]")?.removeAttribute("role"); // gradio 6.31 gives it no list items
  followQuestion();
  const answers = qa("#qa-log .qa-answer");
  const newest = answers.at(-1);
  if (!answers.length && shownAnswer) emptyPanel();
  if (!newest || newest.classList.contains("qa-streaming")) return;
  const signature = `${answers.length}:${q(".qa-text", newest)?.textContent}`;
  if (signature === newestSeen) return;
  const hasEvidence = Boolean(q(".qa-evidence", newest));
  if (!hasEvidence && shownAnswer) emptyPanel(); // what belongs to an earlier answer must not look like this one's
  newestSeen = signature;
  if (!hasEvidence) return;
  fill(newest);
  const first = q(".qa-panel-body .qa-card-cited", panel());
  if (first) setOpen(first, true);
}

// A new question goes to the top and its answer grows below it: nothing that is being read ever moves.
let questionsSeen = 0;
function followQuestion() {
  const questions = qa("#qa-log .qa-question");
  if (questions.length && questions.length !== questionsSeen) {
    const scroller = q("#qa-log .bubble-wrap");
    const row = questions.at(-1).closest(".message-row");
    if (scroller && row) scroller.scrollTop += row.getBoundingClientRect().top - scroller.getBoundingClientRect().top - 12;
  }
  questionsSeen = questions.length;
}

let emptyBody = null; // as the page came, kept when the panel is first filled
function emptyPanel() {
  shownAnswer = null;
  newestSeen = "";
  if (emptyBody) q(".qa-panel-body", panel()).replaceWith(emptyBody.cloneNode(true));
}

// --- copying and saving ------------------------------------------------------------------------------------------
async function copy(text, button) {
  let done = true;
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = root.createElement("textarea");
    area.value = text;
    root.body.append(area);
    area.select();
    done = root.execCommand("copy");
    area.remove();
  }
  say(button, done ? "Copied" : "Copying failed");
}

function say(button, text) {
  if (!button) return;
  const label = button.dataset.label ?? button.textContent;
  button.dataset.label = label;
  button.textContent = text;
  setTimeout(() => { button.textContent = label; }, 1600);
}

function download({ name, type, text }) {
  const address = URL.createObjectURL(new Blob([text], { type }));
  const link = root.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 10000);
}

// --- conversations kept in this browser --------------------------------------------------------------------------
const SHELF = "qa_bot.conversations";
const OPEN = "qa_bot.open";
const MOST = 60;
let openId = sessionStorage.getItem(OPEN);

function shelf() {
  try {
    const kept = JSON.parse(localStorage.getItem(SHELF) ?? "[]");
    return Array.isArray(kept) ? kept.filter((c) => c && typeof c.id === "string" && Array.isArray(c.turns)) : [];
  } catch {
    return [];
  }
}

function putShelf(kept) {
  let items = kept.slice(0, MOST);
  for (;;) {
    try {
      localStorage.setItem(SHELF, JSON.stringify(items));
      return;
    } catch {
      if (items.length <= 1) return; // storage is off or full: this conversation lives as long as its page
      items = items.slice(0, -1);
    }
  }
}

function setOpenId(id) {
  openId = id;
  if (id) sessionStorage.setItem(OPEN, id);
  else sessionStorage.removeItem(OPEN);
}

function keep(turns) {
  if (!turns.length) return;
  if (!openId) setOpenId(`c${Date.now().toString(36)}${Math.random().toString(36).slice(2, 8)}`);
  const kept = shelf();
  const known = kept.find((c) => c.id === openId);
  const title = known?.title ?? turns[0].question.replace(/\s+/g, " ").slice(0, 80);
  putShelf([{ id: openId, title, at: Date.now(), turns }, ...kept.filter((c) => c.id !== openId)]);
  drawShelf();
}

function open(id) {
  const found = shelf().find((c) => c.id === id);
  setOpenId(found ? id : null);
  emptyPanel();
  trigger("submit", { kind: "restore", turns: found ? found.turns : [] });
  for (const dialog of qa("dialog[open]")) dialog.close();
  drawShelf();
  q("#qa-question textarea")?.focus();
}

function drawShelf() {
  const list = q("#qa-drawer .qa-kept");
  if (!list) return;
  const rows = shelf().map((kept) => {
    const row = root.createElement("li");
    row.classList.toggle("qa-kept-open", kept.id === openId);
    const name = button("qa-kept-name", kept.title, () => open(kept.id));
    const when = root.createElement("span");
    when.className = "qa-kept-when";
    when.textContent = new Date(kept.at).toLocaleDateString(undefined, { day: "numeric", month: "short" });
    const rename = button("qa-kept-do", "Rename", () => {
      const field = root.createElement("input");
      field.value = kept.title;
      field.maxLength = 80;
      field.setAttribute("aria-label", "New name");
      const done = () => {
        const title = field.value.trim();
        if (title) putShelf(shelf().map((c) => (c.id === kept.id ? { ...c, title } : c)));
        drawShelf();
      };
      field.addEventListener("keydown", (event) => {
        if (event.key === "Enter") done();
        else if (event.key === "Escape") { event.preventDefault(); event.stopPropagation(); drawShelf(); }
      });
      field.addEventListener("blur", done);
      name.replaceWith(field);
      field.select();
    });
    const remove = button("qa-kept-do", "Delete", () => {
      if (!remove.classList.contains("qa-sure")) {
        remove.classList.add("qa-sure");
        remove.textContent = "Really delete";
        return;
      }
      putShelf(shelf().filter((c) => c.id !== kept.id));
      if (kept.id === openId) open(null);
      else drawShelf();
    });
    row.append(name, when, rename, remove);
    return row;
  });
  const none = root.createElement("li");
  none.className = "qa-kept-none";
  none.textContent = "Nothing yet.";
  list.replaceChildren(...(rows.length ? rows : [none]));
}

function button(className, text, onClick) {
  const made = root.createElement("button");
  made.type = "button";
  made.className = className;
  made.textContent = text;
  made.addEventListener("click", onClick);
  return made;
}

// --- what the server says ----------------------------------------------------------------------------------------
let copyButton = null;
let isReady = false;
watch("value", () => {
  const word = props.value;
  if (!word || typeof word !== "object") return;
  if (word.kind === "keep") keep(word.turns);
  else if (word.kind === "download") download(word);
  else if (word.kind === "copy") copy(word.text, copyButton);
  else if (word.kind === "ready" && !isReady) {
    isReady = true;
    const kept = keptSettings();
    if (kept.length) window.qaSet?.("submit", { settings: Object.fromEntries(kept) });
    if (openId && !q("#qa-log .qa-answer")) open(openId);
  }
});
drawShelf();

// --- one turn: edit it, ask again, judge it ----------------------------------------------------------------------
const turnOf = (node) => {
  const before = qa("#qa-log .qa-question, #qa-log .qa-answer").filter((n) => n === node || n.compareDocumentPosition(node) & Node.DOCUMENT_POSITION_FOLLOWING || n.contains(node));
  return before.filter((n) => n.matches(".qa-question")).length - 1;
};

function questionText(turn) {
  const node = qa("#qa-log .qa-question")[turn];
  return node ? node.innerText : "";
}

function edit(pressed) {
  const words = pressed.parentElement.querySelector(".qa-question");
  const turn = turnOf(words);
  const form = root.createElement("div");
  form.className = "qa-editing";
  const field = root.createElement("textarea");
  field.value = words.innerText;
  field.rows = Math.min(8, field.value.split("\n").length + 1);
  field.setAttribute("aria-label", "Question");
  const close = () => { form.remove(); words.hidden = false; pressed.hidden = false; pressed.focus(); };
  const send = () => { if (field.value.trim()) trigger("submit", { kind: "ask", turn, text: field.value }); };
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey) { event.preventDefault(); send(); }
    if (event.key === "Escape") { event.stopPropagation(); close(); }
  });
  form.append(field, button("qa-send", "Ask", send), button("qa-cancel", "Cancel", close));
  words.hidden = true;
  pressed.hidden = true;
  words.after(form);
  field.focus();
}

function judge(pressed) {
  const turn = turnOf(pressed);
  const helpful = pressed.matches(".qa-helpful");
  const actions = pressed.closest(".qa-actions");
  for (const other of qa(".qa-judge", actions)) {
    other.classList.toggle("qa-judged", other === pressed);
    other.setAttribute("aria-pressed", String(other === pressed));
  }
  q(".qa-comment", actions)?.remove();
  trigger("submit", { kind: "judge", turn, helpful });
  const form = root.createElement("div");
  form.className = "qa-comment";
  const field = root.createElement("input");
  field.placeholder = helpful ? "What was good about it? (optional)" : "What was wrong or missing? (optional)";
  field.setAttribute("aria-label", field.placeholder);
  field.maxLength = 2000;
  const send = button("qa-send", "Send", () => {
    trigger("submit", { kind: "judge", turn, helpful, comment: field.value });
    form.textContent = "Thank you. Kept in the data folder of this qa_bot.";
  });
  field.addEventListener("keydown", (event) => { if (event.key === "Enter") send.click(); });
  form.append(field, send);
  actions.append(form);
  field.focus();
}

// --- the collection ----------------------------------------------------------------------------------------------
let wishTimer = 0;
function wishSoon() {
  clearTimeout(wishTimer);
  wishTimer = setTimeout(() => {
    const form = q(".qa-wish");
    if (form) window.qaWish?.("submit", { wish: Object.fromEntries(new FormData(form)) });
  }, 120);
}
root.addEventListener("input", (event) => { if (event.target.closest?.(".qa-wish")) wishSoon(); });
root.addEventListener("reset", (event) => {
  if (!event.target.matches?.(".qa-wish")) return;
  for (const bar of qa(".qa-bar.qa-picked")) bar.classList.remove("qa-picked");
  wishSoon();
});
root.addEventListener("submit", (event) => { if (event.target.matches?.(".qa-wish")) event.preventDefault(); });

function showTab(name) {
  qa('#qa-tabs [role="tab"]').find((tab) => tab.textContent.trim() === name)?.click();
}

function pick(paper) {
  for (const other of qa(".qa-picked")) other.classList.remove("qa-picked");
  for (const same of qa("[data-paper]")) if (same.dataset.paper === paper) same.classList.add("qa-picked");
  window.qaWish?.("click", { paper });
  const side = q("#qa-papers-right");
  if (!side) return;
  if (isNarrow()) side.scrollIntoView({ block: "start" });
  else side.scrollTop = 0;
}

function askAbout(text) {
  showTab("Ask");
  trigger("submit", { kind: "ask", text });
}

function inCollection(target) {
  const colour = target.closest(".qa-colour");
  const year = target.closest(".qa-bar");
  const paper = target.closest(".qa-row, .qa-dot");
  if (target.closest(".qa-ask-paper")) askAbout(target.closest(".qa-ask-paper").value);
  else if (target.closest(".qa-detail-close")) pick("");
  else if (target.closest(".qa-remove")) {
    const remove = target.closest(".qa-remove");
    if (remove.classList.contains("qa-sure")) window.qaWish?.("delete", { remove: remove.dataset.paper });
    else {
      remove.classList.add("qa-sure");
      remove.textContent = "Really remove";
    }
  } else if (colour) {
    const map = colour.closest(".qa-map");
    map.classList.remove("qa-by-topic", "qa-by-year");
    map.classList.add(colour.value);
    for (const other of qa(".qa-colour", map)) other.setAttribute("aria-pressed", String(other === colour));
  } else if (year) {
    const isOnly = year.classList.contains("qa-picked");
    for (const other of qa(".qa-bar.qa-picked")) other.classList.remove("qa-picked");
    year.classList.toggle("qa-picked", !isOnly);
    for (const name of ["year_from", "year_to"]) q(`.qa-wish [name=${name}]`).value = isOnly ? "" : year.dataset.year;
    wishSoon();
  } else if (paper) pick(paper.dataset.paper);
  else return false;
  return true;
}

// --- settings ----------------------------------------------------------------------------------------------------
const CHOSEN = "qa_bot.settings";
const chosenNow = () => Object.fromEntries(new FormData(q(".qa-settings")));

function useSettings({ forgets = false } = {}) {
  const chosen = chosenNow();
  window.qaSet?.("submit", { settings: chosen, forgets });
  const { key, ...rest } = chosen; // a key is never kept
  const box = q(".qa-settings [name=key]");
  if (key && box) {
    box.value = "";
    box.placeholder = "in use, not shown";
  }
  try { localStorage.setItem(CHOSEN, JSON.stringify(rest)); } catch { /* storage is off: they live as long as the page */ }
}

function keptSettings() {
  try {
    const kept = Object.entries(JSON.parse(localStorage.getItem(CHOSEN) ?? "{}") ?? {});
    return kept.filter(([name, value]) => name !== "key" && typeof value === "string" && value !== "");
  } catch {
    return [];
  }
}

function fillSettings() {
  const form = q(".qa-settings");
  if (!form || form.dataset.filled) return;
  form.dataset.filled = "yes";
  for (const [name, value] of keptSettings()) {
    const field = form.elements.namedItem(name);
    if (field) field.value = value;
  }
}
new MutationObserver(fillSettings).observe(q("#qa-tabs") ?? root.body, { childList: true, subtree: true });

root.addEventListener("submit", (event) => {
  if (!event.target.matches?.(".qa-settings")) return;
  event.preventDefault();
  useSettings();
});
root.addEventListener("reset", (event) => {
  if (!event.target.matches?.(".qa-settings")) return;
  const box = q(".qa-settings [name=key]");
  if (box) box.placeholder = "none needed for local servers";
  setTimeout(() => useSettings({ forgets: true }));
});
root.addEventListener("click", (event) => {
  if (event.target.closest?.(".qa-try")) window.qaSet?.("click", { settings: chosenNow() });
});

// --- listening ---------------------------------------------------------------------------------------------------
let lastPointer = "mouse";
root.addEventListener("pointerdown", (event) => { lastPointer = event.pointerType; }, true);

root.addEventListener("pointerover", (event) => {
  if (event.pointerType === "touch") return;
  const mark = event.target.closest?.("#qa-log .qa-cite");
  if (mark) showPop(mark);
  else if (popFor && !event.target.closest?.("#qa-pop")) hidePopSoon();
  else clearTimeout(popTimer);
});
root.addEventListener("focusin", (event) => {
  const mark = event.target.closest?.("#qa-log .qa-cite");
  if (mark && mark.matches(":focus-visible")) showPop(mark);
});
root.addEventListener("focusout", (event) => {
  if (event.target === popFor) hidePopSoon();
});

root.addEventListener("click", (event) => {
  const mark = event.target.closest?.("#qa-log .qa-cite, #qa-log .qa-open");
  if (mark) {
    // The first tap shows the small card, as pointing does; the second opens the abstract.
    if (lastPointer === "touch" && mark.matches(".qa-cite") && popFor !== mark) showPop(mark);
    else openEvidence(mark);
    return;
  }
  const note = event.target.closest?.(".qa-note");
  if (note) { note.classList.toggle("qa-note-open"); return; }
  if (event.target.closest?.(".qa-panel-close")) { closePanel(); return; }
  if (event.target.closest && inCollection(event.target)) return;
  const pressed = event.target.closest?.("button");
  if (pressed?.matches(".qa-show")) {
    drawShelf();
    root.getElementById(pressed.value)?.showModal();
  } else if (pressed?.matches(".qa-close")) pressed.closest("dialog").close();
  else if (pressed?.matches(".qa-new")) open(null);
  else if (pressed?.matches(".qa-export")) {
    trigger("submit", { kind: "save", form: pressed.value });
    pressed.closest("dialog").close();
  } else if (pressed?.matches("#qa-log .qa-copy")) {
    copyButton = pressed;
    trigger("submit", { kind: "save", form: "markdown", turn: turnOf(pressed), to: "copy" });
  } else if (pressed?.matches("#qa-log .qa-again")) {
    const turn = turnOf(pressed);
    trigger("submit", { kind: "ask", turn, text: questionText(turn) });
  } else if (pressed?.matches("#qa-log .qa-edit")) edit(pressed);
  else if (pressed?.matches("#qa-log .qa-judge")) judge(pressed);
  if (event.target.matches?.("dialog")) event.target.close(); // a click beside it
  const cite = event.target.closest?.(".qa-copy-bibtex");
  if (cite) { copy(q(".qa-bibtex", cite.closest(".qa-card")).textContent, cite); return; }
  if (!event.target.closest?.("#qa-pop")) hidePop();
});

root.addEventListener("keydown", (event) => {
  const isTyping = event.target.closest?.("input, textarea, select, [contenteditable=true]");
  if (event.key === "/" && !isTyping && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault();
    const box = q("#qa-question textarea");
    if (box?.checkVisibility()) box.focus();
    else {
      showTab("Ask");
      requestAnimationFrame(() => q("#qa-question textarea")?.focus());
    }
  } else if ((event.key === "Enter" || event.key === " ") && event.target.matches?.(".qa-bar, .qa-dot")) {
    event.preventDefault();
    inCollection(event.target);
  } else if (event.key === "Escape" && !q("dialog[open]")) {
    if (popFor) hidePop();
    else if (!closePanel()) q("#qa-question .stop-button")?.click();
  }
});

root.addEventListener("scroll", hidePop, true);
window.addEventListener("resize", hidePop);
new MutationObserver(followNewest).observe(q("#qa-log") ?? root.body, { childList: true, subtree: true });
