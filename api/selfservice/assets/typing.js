// The number, typed twice. It stands in two fields and in the one request that sends it; nowhere else.

import { fieldError, find, focusWrong, onSend, part, words } from "./forms.js";
import { left, plain, problem } from "./number.js";
import { nameOf } from "./people.js";
import { persist } from "./server.js";
import { hush, say } from "./speech.js";

/** Asks for somebody's number. */
export function numberScreen(page, { id }) {
  const screen = part("screen-number");
  const collection = page.collection(id);
  const form = find(screen, "[data-form]");
  const first = find(screen, "#number");
  const second = find(screen, "#again");
  say(find(screen, "[data-for]"), "number.for", { name: nameOf(collection) });
  find(screen, "[data-family]").hidden = collection.own || collection.papers.length > 0;
  find(screen, "[data-back]").addEventListener("click", () => page.back());
  maskable(screen, form);

  first.addEventListener("input", (event) => {
    tidy(first, event);
    judge(screen, first, "number.good");
    if (second.value) compare();
  });
  second.addEventListener("input", (event) => {
    tidy(second, event);
    compare();
  });
  for (const input of [first, second]) {
    input.addEventListener("compositionend", () => input.dispatchEvent(new Event("input")));
    input.addEventListener("blur", () => input.value && problem(input.value) === "too_short" && fieldError(screen, input.id, "number.too_short"));
  }
  second.addEventListener("beforeinput", (event) => {
    if (!["insertFromPaste", "insertFromDrop"].includes(event.inputType)) return;
    event.preventDefault();
    fieldError(screen, "again", "number.no_paste");
  });
  window.addEventListener("pagehide", () => empty(), { once: true });

  function compare() {
    const typed = second.value;
    const isPart = first.value.startsWith(typed);
    const wrong = problem(typed);
    if (typed && !isPart && (typed.length >= first.value.length || wrong === "too_long")) {
      note(screen, second, null);
      fieldError(screen, "again", "number.differ");
    } else if (typed === first.value && !wrong) {
      fieldError(screen, "again", null);
      note(screen, second, "number.match");
    } else judge(screen, second, null);
  }

  function empty() {
    first.value = second.value = "";
  }

  async function send() {
    fieldError(screen, "send", null);
    const wrong = problem(first.value);
    fieldError(screen, "number", wrong && `number.${wrong}`);
    fieldError(screen, "again", first.value === second.value ? null : "number.differ");
    if (wrong || first.value !== second.value) return focusWrong(screen);
    page.heard(await persist("number", { collection: id, number: first.value, again: second.value }));
    empty();
    const waiting = page.view.people.some((each) => each.canGive && !each.numberGiven);
    page.replace(waiting ? "people" : "check", { first: true });
    page.announce("number.given", { name: nameOf(collection) });
  }

  onSend(form, send, (error) => {
    const field = ["number", "again"].includes(error.field) ? error.field : "send";
    fieldError(screen, field, words(error));
    focusWrong(screen);
  });
  return screen;
}

/** Let the digits be covered: they show while somebody types, and for as long as somebody asks to see them. */
function maskable(screen, form) {
  const toggle = find(screen, "[data-toggle]");
  let shown = false;
  const draw = () => {
    const typing = form.contains(document.activeElement) && document.activeElement.matches(".boxes input");
    for (const input of form.querySelectorAll(".boxes input")) {
      input.classList.toggle("covered", !shown && !(typing && input === document.activeElement));
    }
    toggle.setAttribute("aria-pressed", String(shown));
    say(toggle, shown ? "number.hide" : "number.show");
  };
  toggle.addEventListener("click", () => {
    shown = !shown;
    draw();
  });
  form.addEventListener("focusin", draw);
  form.addEventListener("focusout", () => setTimeout(draw));
  draw();
}

/** Leave in a field what a number is written with, the caret where it was. */
function tidy(input, event) {
  if (event.isComposing) return;
  const clean = plain(input.value);
  if (clean === input.value) return;
  const caret = plain(input.value.slice(0, input.selectionStart)).length;
  input.value = clean;
  input.setSelectionRange(caret, caret);
}

/** Say at once what is wrong; how much is missing, or that it is whole, otherwise. */
function judge(screen, input, good) {
  const wrong = problem(input.value);
  fieldError(screen, input.id, wrong && wrong !== "too_short" ? `number.${wrong}` : null);
  const missing = left(input.value);
  if (!input.value || (wrong && wrong !== "too_short")) note(screen, input, null);
  else if (missing) note(screen, input, "number.left", { count: missing });
  else note(screen, input, good);
}

function note(screen, input, key, values) {
  const place = find(screen, `#${input.id}-note`);
  if (key) say(place, key, values);
  else hush(place);
}
