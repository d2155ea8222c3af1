// Adding somebody, saying no, and saying that one is done.

import { BirthField } from "./calendar.js";
import { choices, fieldError, find, focusWrong, onPress, onSend, part, words } from "./forms.js";
import { checks, kindOf, nameOf } from "./people.js";
import { call, persist } from "./server.js";
import { say, tell, word } from "./speech.js";

/** Adds a dependent who is missing. */
export function addScreen(page) {
  const screen = part("screen-add");
  const birth = new BirthField(find(screen, "#born"), (field, what) => fieldError(screen, "born", what));
  const field = (name) => find(screen, `#${name}`);
  let kind = "dependent";
  const options = ["dependent", "spouse"].map((value) => ({ value, name: () => word(`people.${value}`) }));
  choices(find(screen, "[data-kinds]"), "kind", options, kind, (value) => {
    kind = value;
  });
  find(screen, "[data-back]").addEventListener("click", () => page.back());

  function filled(name) {
    const text = field(name).value.trim();
    fieldError(screen, name, text ? null : "add.name_missing");
    return text;
  }

  async function save() {
    fieldError(screen, "add", null);
    const [name, birthDate] = [filled("name"), birth.value()];
    const kana = field("kana").value.trim();
    if (!name || !birthDate) return focusWrong(screen);
    page.heard(await call("dependent", { name, kana, birthDate, kind }));
    page.replace("people", { first: true });
    page.announce("add.added", { name });
  }

  onSend(find(screen, "[data-form]"), save, (error) => {
    const place = error.field === "name" ? "name" : "add";
    fieldError(screen, place, words(error));
    focusWrong(screen);
  });
  return screen;
}

/** Says calmly what not giving a number means, and records it. */
export function declineScreen(page) {
  const screen = part("screen-decline");
  const open = page.view.people.filter((each) => each.canGive);
  let chosen = open[0]?.id;
  const options = open.map((each) => ({ value: each.id, name: () => `${nameOf(each)}(${word(kindOf(each))})` }));
  choices(find(screen, "[data-people]"), "person", options, chosen, (value) => {
    chosen = value;
  });
  find(screen, "[data-back]").addEventListener("click", () => page.back());
  onSend(
    find(screen, "[data-form]"),
    async () => {
      page.heard(await persist("decline", { collection: chosen }));
      page.replace("people", { first: true });
      page.announce("decline.done");
    },
    (error) => fieldError(screen, "decline", words(error)),
  );
  return screen;
}

/** Shows once more what was given, and ends the giving. */
export function checkScreen(page) {
  const screen = part("screen-check");
  for (const collection of page.view.people) {
    const card = part("part-person");
    say(find(card, "[data-kind]"), kindOf(collection));
    tell(find(card, "[data-name]"), nameOf(collection));
    const isOpen = collection.canGive && !collection.numberGiven;
    const state = find(card, "[data-state]");
    say(state, isOpen ? "check.missing" : collection.numberGiven ? "check.given" : `states.${collection.state}`);
    state.classList.add(isOpen ? "wait" : "good");
    checks(find(card, "[data-checks]"), collection);
    find(card, "[data-go]").remove();
    find(screen, "[data-people]").append(card);
  }
  find(screen, "[data-back]").addEventListener("click", () => page.replace("people", { first: true }));
  onPress(
    find(screen, "[data-finish]"),
    async () => {
      page.heard(await persist("finish"));
      page.replace("done", { first: true });
    },
    (error) => fieldError(screen, "check", words(error)),
  );
  return screen;
}
