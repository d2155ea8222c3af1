// Why it is asked, and who is asked for: the two screens from which everything else is reached.

import { fieldError, find, onPress, part, words } from "./forms.js";
import { persist } from "./server.js";
import { day, hush, say, tell, word } from "./speech.js";

const TONES = { deficient: "bad", registered: "good", verified: "good", arrived: "good", refused: "wait" };

/** Says who asks, what for, and until when. */
export function noticeScreen(page) {
  const { view } = page;
  const screen = part("screen-notice");
  const isRead = view.acknowledged || !view.gives;
  for (const name of ["needs", "answer"]) find(screen, `[data-${name}]`).hidden = isRead;
  find(screen, "[data-back]").hidden = !isRead;
  find(screen, "[data-back]").addEventListener("click", () => page.back());
  say(find(screen, "[data-title]"), isRead ? "notice.again_title" : "notice.title", { company: view.company });
  for (const purpose of view.purposes) {
    const item = part("part-purpose");
    tell(find(item, "[data-name]"), purpose.name);
    tell(find(item, "[data-where]"), () => word("notice.where", { where: purpose.where }));
    find(item, "[data-consent]").hidden = !purpose.consent;
    find(screen, "[data-purposes]").append(item);
  }
  tell(find(screen, "[data-deadline]"), day(view.deadline));
  tell(find(screen, "[data-notice]"), view.notice);
  find(screen, "[data-whole]").hidden = !view.notice;
  onPress(
    find(screen, "[data-agree]"),
    async () => {
      page.heard(await persist("acknowledge"));
      const open = page.view.people.filter((each) => each.canGive);
      if (open.length === 1 && page.view.people.length === 1) page.replace(first(open[0]), { id: open[0].id, first: true });
      else page.replace("people", { first: true });
    },
    (error) => fieldError(screen, "notice", words(error)),
  );
  return screen;
}

/** Lists everybody whose number is asked for, with what is there and what is to do. */
export function peopleScreen(page) {
  const { view } = page;
  const screen = part("screen-people");
  const open = view.people.filter((each) => each.canGive);
  const waiting = open.filter((each) => !each.numberGiven);
  if (!view.gives) {
    say(find(screen, "[data-title]"), "home.title");
    say(find(screen, "[data-lead]"), "home.lead", { company: view.company });
  } else say(find(screen, "[data-lead]"), open.length ? "people.lead" : "people.lead_settled");
  find(screen, "[data-closed]").hidden = view.gives || Boolean(view.finishedAt);
  find(screen, "[data-people]").append(...view.people.map((each) => card(page, each)));

  find(screen, "[data-giving]").hidden = !view.gives;
  find(screen, "[data-add]").hidden = !view.mayAdd;
  find(screen, "[data-decline]").hidden = !open.length;
  find(screen, "[data-unfinished]").hidden = !waiting.length;
  const finish = find(screen, "[data-finish]");
  finish.hidden = !view.people.some((each) => each.numberGiven || each.state === "refused");
  finish.classList.toggle("main", !waiting.length);
  for (const to of ["add", "decline"]) find(screen, `[data-${to}]`).addEventListener("click", () => page.go(to));
  finish.addEventListener("click", () => page.go("check"));
  find(screen, "[data-more]").append(more(page));
  return screen;
}

/** What else there is: own uses, questions, appointments, the receipt. */
export function more(page) {
  const menu = part("part-more");
  for (const button of menu.querySelectorAll("[data-to]")) button.addEventListener("click", () => page.go(button.dataset.to));
  find(menu, '[data-to="done"]').hidden = !page.view.finishedAt || history.state?.name === "done";
  return menu;
}

/** Somebody's name, or the company's id of them where it is not known. */
export const nameOf = (collection) => collection.name || collection.externalId;

/** What kind of person somebody is, as a key of a word. */
export function kindOf(collection) {
  return collection.kind === "spouse" && collection.needsAuthority ? "people.spouse_3go" : `people.${collection.kind}`;
}

/** The screen on which somebody's giving begins. */
export const first = (collection) => (collection.papers.length ? "papers" : "number");

/** Show why what was sent does not do. */
export function showDeficiencies(screen, collection) {
  const box = find(screen, "[data-deficient]");
  box.hidden = !collection.deficiencies.length;
  for (const reason of collection.deficiencies) {
    const item = document.createElement("li");
    tell(item, reason);
    find(box, "[data-reasons]").append(item);
  }
}

/** Ticks for what was given. */
export function checks(into, collection) {
  const photos = collection.items.filter((item) => item.kind === "image").length;
  const tick = (key, yes, values) => {
    const item = document.createElement("li");
    item.classList.toggle("yes", yes);
    say(item, key, values);
    into.append(item);
  };
  if (photos) tick("people.papers_given", true, { count: photos });
  if (collection.numberGiven) tick("people.number_given", true);
  if (!photos && !collection.numberGiven && collection.canGive) tick("people.nothing_given", false);
}

function card(page, collection) {
  const item = part("part-person");
  say(find(item, "[data-kind]"), kindOf(collection));
  const name = find(item, "[data-name]");
  name.id = `name-${collection.id}`;
  tell(name, nameOf(collection));
  const state = find(item, "[data-state]");
  say(state, `states.${collection.state}`);
  const tone = TONES[collection.state];
  if (tone) state.classList.add(tone);
  showDeficiencies(item, collection);
  checks(find(item, "[data-checks]"), collection);
  const go = find(item, "[data-go]");
  go.hidden = !collection.canGive;
  if (collection.canGive) action(page, collection, go);
  else hush(go);
  return item;
}

function action(page, collection, go) {
  const begun = collection.items.length > 0;
  go.classList.toggle("main", !collection.numberGiven);
  say(go, collection.numberGiven ? "people.change" : begun ? "people.resume" : "people.start");
  const to = begun && !collection.missing.length ? "number" : first(collection);
  go.setAttribute("aria-describedby", `name-${collection.id}`);
  go.addEventListener("click", () => page.go(to, { id: collection.id }));
}
