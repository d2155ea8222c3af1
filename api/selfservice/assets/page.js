// The page: which screen is shown, what was last heard from the server, and the way back.

import { checkScreen, addScreen, declineScreen } from "./deciding.js";
import { doorScreen, keptLink, takeLink } from "./door.js";
import { part, find, onPress } from "./forms.js";
import { askScreen, doneScreen, meetScreen, usesScreen } from "./later.js";
import { papersScreen } from "./papers.js";
import { noticeScreen, peopleScreen } from "./people.js";
import { Refused, persist } from "./server.js";
import { changeLanguage, hush, say, spoken, tell, translate } from "./speech.js";
import { numberScreen } from "./typing.js";

const SCREENS = {
  missing: [() => part("screen-missing")],
  left: [() => part("screen-left")],
  door: [doorScreen],
  notice: [noticeScreen, "notice"],
  people: [peopleScreen],
  papers: [papersScreen, "papers"],
  number: [numberScreen, "number"],
  add: [addScreen],
  decline: [declineScreen],
  check: [checkScreen, "check"],
  done: [doneScreen],
  uses: [usesScreen],
  ask: [askScreen],
  meet: [meetScreen],
};
const OUTSIDE = new Set(["missing", "left", "door"]);
const ORDER = ["notice", "papers", "number", "check"];
const LANGUAGE_KEY = "warifu-language";

const main = document.getElementById("main");
const head = { language: document.getElementById("language"), leave: document.getElementById("leave") };
const banner = document.getElementById("banner");
const told = document.getElementById("told");

/** What screens are given: the view of the server, and ways to move on. */
const page = {
  view: null,
  link: null,
  ended: false,

  /** Show a screen, and remember it for the way back. */
  go(name, what = {}) {
    history.pushState({ name, what }, "");
    show(name, what);
  },

  /** Show a screen in the place of this one. */
  replace(name, what = {}) {
    history.replaceState({ name, what }, "");
    show(name, what);
  },

  /** One screen back; to the overview where there is none. */
  back() {
    if (history.state?.what?.first) page.replace("people", { first: true });
    else history.back();
  },

  /** Take over what an act has answered. */
  heard(answer) {
    if (answer.view) page.view = answer.view;
    return answer;
  },

  /** The collection of an id, as it was last heard of. */
  collection: (id) => page.view.people.find((each) => each.id === id),

  /** Say something that is not to be looked at: for screen readers. */
  announce(key, values) {
    say(told, key, values);
  },

  /** Ask anew, and show where one was. */
  async enter() {
    page.heard(await persist("look"));
    page.ended = false;
    const kept = history.state?.name;
    if (!page.view.acknowledged && page.view.gives) page.replace("notice", { first: true });
    else if (!kept || OUTSIDE.has(kept) || kept === "notice" || !stands(history.state)) page.replace("people", { first: true });
    else show(kept, history.state.what);
  },
};

function stands({ name, what }) {
  if (!["papers", "number"].includes(name)) return true;
  return Boolean(page.collection(what.id)?.canGive);
}

function show(name, what) {
  hush(told);
  const [screen, step] = SCREENS[name];
  const shown = screen(page, what);
  const bar = step && page.view.gives && !(name === "notice" && page.view.acknowledged);
  main.replaceChildren(...(bar ? [steps(step)] : []), shown);
  head.leave.hidden = OUTSIDE.has(name);
  window.scrollTo(0, 0);
  find(shown, "h1")?.focus({ preventScroll: true });
}

function steps(current) {
  const bar = part("part-steps");
  for (const item of bar.querySelectorAll("[data-step]")) {
    if (item.dataset.step === current) item.setAttribute("aria-current", "step");
    item.classList.toggle("past", ORDER.indexOf(item.dataset.step) < ORDER.indexOf(current));
  }
  return bar;
}

async function start() {
  const kept = sessionStorage.getItem(LANGUAGE_KEY);
  if (kept) changeLanguage(kept);
  const isNew = takeLink();
  page.link = keptLink();
  head.language.hidden = false;
  if (isNew) return page.replace("door", { first: true });
  try {
    await page.enter();
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    page.replace(page.link ? "door" : "missing", { first: true, then: history.state });
  }
}

head.language.addEventListener("click", () => {
  changeLanguage();
  sessionStorage.setItem(LANGUAGE_KEY, spoken());
});

// Told only once it is so: somebody may go away from this screen. Nor does closing it take it back.
onPress(head.leave, () => persist("leave", {}, { keepalive: true }).then(showLeft), (error) =>
  error.status === 401 ? showLeft() : showBanner(error.text),
);

function showLeft() {
  sessionStorage.removeItem("warifu-link");
  page.view = page.link = null;
  page.replace("left", { first: true });
}

window.addEventListener("popstate", ({ state }) => {
  if (!state || (!page.view && !OUTSIDE.has(state.name))) return;
  if (page.view && (OUTSIDE.has(state.name) || !stands(state))) page.replace("people", { first: true });
  else show(state.name, state.what);
});

window.addEventListener("hashchange", () => {
  if (!takeLink()) return;
  page.link = keptLink();
  page.view = null;
  page.replace("door", { first: true });
});

document.addEventListener("visit-ended", () => {
  if (!page.view) return;
  page.view = null;
  page.ended = true;
  page.replace(page.link ? "door" : "missing", { first: true, then: history.state });
});

document.addEventListener("connection-lost", () => showBanner("page.offline"));
document.addEventListener("connection-there", () => banner.firstChild && !banner.firstChild.classList.contains("good") && showBanner("page.online"));

function showBanner(key) {
  const line = document.createElement("p");
  line.classList.toggle("good", key === "page.online");
  if (typeof key === "string") say(line, key);
  else tell(line, key);
  banner.replaceChildren(line);
  if (key === "page.online") setTimeout(() => line.remove(), 4_000);
}

translate(document);
start();
