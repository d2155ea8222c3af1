// What comes after the giving: the receipt, every use of one's own number, questions, appointments.

import { download, fieldError, find, onPress, onSend, part, words } from "./forms.js";
import { more } from "./people.js";
import { call, persist } from "./server.js";
import { appointment, moment, resolve, say, spoken, tell, word } from "./speech.js";

const LONGEST = 2000;
const TWELVE = /(?:\p{Nd}[^\p{L}\p{Nd}、。]{0,3}){12}/u;

/** Thanks, and hands over the receipt. */
export function doneScreen(page) {
  const screen = part("screen-done");
  const box = find(screen, "[data-receipt]");
  const save = find(box, "[data-download]");
  find(screen, "[data-back]").addEventListener("click", () => page.replace("people", { first: true }));
  find(screen, "[data-more]").append(more(page));
  persist("receipt").then(
    ({ receipt }) => {
      tell(find(box, "[data-at]"), moment(receipt.at));
      tell(find(box, "[data-no]"), receipt.number);
      for (const given of receipt.given) find(box, "[data-given]").append(givenLine(given));
      save.addEventListener("click", () => download(`my-number-receipt-${receipt.number}.txt`, receipt.text[spoken()]));
      save.hidden = false;
    },
    (error) => fieldError(screen, "done", words(error)),
  );
  return screen;
}

function givenLine(given) {
  const item = document.createElement("li");
  item.classList.add("yes");
  const papers = () => given.documents.map(resolve).join(", ");
  tell(item, () => `${given.name}: ${word(given.number ? "receipt.number" : "receipt.declined")}${given.documents.length ? ` (${papers()})` : ""}`);
  return item;
}

/** Shows every use of one's own number, newest first. */
export function usesScreen(page) {
  const screen = part("screen-uses");
  const older = find(screen, "[data-older]");
  let last;
  find(screen, "[data-back]").addEventListener("click", () => page.back());

  async function fetchPage() {
    const found = await persist("uses", last === undefined ? {} : { before: last });
    find(screen, "[data-none]").hidden = last !== undefined || found.entries.length > 0;
    for (const entry of found.entries) {
      find(screen, "[data-uses]").append(useCard(entry));
      last = entry.index;
    }
    older.hidden = !found.more;
    find(screen, "[data-key-part]").hidden = !found.entries.length;
    tell(find(screen, "[data-key]"), found.key);
  }

  const failed = (error) => fieldError(screen, "uses", words(error));
  onPress(older, fetchPage, failed);
  fetchPage().catch(failed);
  return screen;
}

function useCard(entry) {
  const card = part("part-use");
  tell(find(card, "[data-at]"), moment(entry.at));
  tell(find(card, "[data-what]"), entry.what);
  const outcome = find(card, "[data-outcome]");
  outcome.classList.add(entry.refused ? "bad" : "good");
  say(outcome, entry.refused ? "uses.refused" : "uses.allowed");
  fact(card, "uses.who", () => [resolve(entry.role), entry.by].filter(Boolean).join(" / "));
  if (entry.client) fact(card, "uses.through", entry.client);
  if (entry.purpose) fact(card, "uses.why", entry.purpose);
  if (entry.reason) fact(card, "uses.reason", entry.reason);
  find(card, "[data-proof]").addEventListener("click", () => download(`record-${entry.index}.tlog-proof`, entry.proof));
  find(card, "[data-entry]").addEventListener("click", () => download(`record-${entry.index}.txt`, entry.entry));
  return card;
}

function fact(card, key, text) {
  const [name, value] = [document.createElement("dt"), document.createElement("dd")];
  say(name, key);
  tell(value, text);
  find(card, "[data-facts]").append(name, value);
}

/** Asks the company, and shows what it answered. */
export function askScreen(page) {
  const screen = part("screen-ask");
  const message = find(screen, "#message");
  find(screen, "[data-back]").addEventListener("click", () => page.back());

  function draw({ messages }) {
    find(screen, "[data-none]").hidden = messages.length > 0;
    find(screen, "[data-talk]").replaceChildren(...messages.map(line));
  }

  function unfit() {
    const text = message.value.trim();
    if (!text) return "ask.empty";
    if (text.length > LONGEST) return () => word("ask.too_long", { count: LONGEST });
    return TWELVE.test(text.normalize("NFKC")) ? "ask.holds_number" : null;
  }

  message.addEventListener("input", () => {
    if (message.getAttribute("aria-invalid")) fieldError(screen, "message", unfit());
  });
  onSend(
    find(screen, "[data-form]"),
    async () => {
      const wrong = unfit();
      fieldError(screen, "message", wrong);
      if (wrong) return message.focus();
      draw(await call("ask", { text: message.value.trim() }));
      message.value = "";
      page.announce("ask.sent");
    },
    (error) => fieldError(screen, "message", words(error)),
  );
  persist("thread").then(draw, (error) => fieldError(screen, "message", words(error)));
  return screen;
}

function line(said) {
  const item = document.createElement("li");
  item.classList.toggle("mine", said.mine);
  const by = document.createElement("span");
  by.classList.add("by");
  const when = moment(said.at);
  tell(by, () => `${word(said.mine ? "ask.you" : "ask.desk")} ${when()}`);
  item.append(by, said.text);
  return item;
}

/** Books, moves and cancels an appointment for a check in person. */
export function meetScreen(page) {
  const screen = part("screen-meet");
  const failed = (error) => fieldError(screen, "meet", words(error));
  find(screen, "[data-back]").addEventListener("click", () => page.back());

  function draw({ mine, slots }) {
    fieldError(screen, "meet", null);
    const own = find(screen, "[data-mine]");
    own.hidden = !mine;
    if (mine) tell(find(own, "[data-mine-text]"), () => `${appointment(mine.startsAt)()} (${word("meet.minutes", { count: mine.minutes })}) ${mine.place}`);
    find(own, "[data-cancel]").hidden = !mine || mine.begun;
    const open = slots.filter((slot) => slot.id !== mine?.id);
    find(screen, "[data-none]").hidden = open.length > 0;
    find(screen, "[data-lead]").hidden = !open.length;
    find(screen, "[data-slots]").replaceChildren(...open.map((slot) => slotCard(slot, mine)));
  }

  function slotCard(slot, mine) {
    const card = part("part-slot");
    tell(find(card, "[data-at]"), appointment(slot.startsAt));
    tell(find(card, "[data-place]"), slot.place);
    tell(find(card, "[data-seats]"), () => `${word("meet.minutes", { count: slot.minutes })} · ${word("meet.seats", { count: slot.free })}`);
    const button = find(card, "[data-book]");
    say(button, mine ? "meet.move" : "meet.book");
    onPress(button, () => change(mine ? "move" : "book", { slot: slot.id }, mine ? "meet.moved" : "meet.booked"), failed);
    return card;
  }

  async function change(act, body, said) {
    draw(await call(act, body));
    page.announce(said);
    find(screen, "h1").focus();
  }

  onPress(find(screen, "[data-cancel]"), () => change("cancel", {}, "meet.cancelled"), failed);
  persist("slots").then(draw, failed);
  return screen;
}
