// What screens have in common: parts from templates, errors beside their fields, buttons that are pressed once.

import { Refused, Unreachable } from "./server.js";
import { hush, say, tell, translate } from "./speech.js";

/** A copy of a template's content, in the language of the page. */
export function part(id) {
  const copy = document.getElementById(id).content.firstElementChild.cloneNode(true);
  translate(copy);
  return copy;
}

/** The first element below another one that matches. */
export const find = (root, selector) => root.querySelector(selector);

/** Show or clear the error of a field; `what` is a key of a word, a text of the server's, or null. */
export function fieldError(root, id, what) {
  const place = find(root, `#${id}-error`);
  const field = find(root, `#${id}`);
  for (const input of field?.matches("fieldset") ? field.querySelectorAll("input") : [field]) {
    if (input) what ? input.setAttribute("aria-invalid", "true") : input.removeAttribute("aria-invalid");
  }
  showIn(place, what);
}

/** Show a text in a place for errors; nothing for null. */
export function showIn(place, what) {
  if (!what) hush(place);
  else if (typeof what === "string") say(place, what);
  else tell(place, what);
}

/** Focus the first field that is wrong. */
export function focusWrong(root) {
  find(root, '[aria-invalid="true"]')?.focus();
}

/** Let a button do something, one time at a time; `failed` hears why it did not work. */
export function onPress(button, work, failed) {
  button.addEventListener("click", () => busy(button, work, failed));
}

/** Let a form do something when it is sent. */
export function onSend(form, work, failed) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    busy(find(form, "[type=submit]"), work, failed);
  });
}

async function busy(button, work, failed) {
  if (button.getAttribute("aria-disabled") === "true") return;
  button.setAttribute("aria-disabled", "true");
  try {
    await work();
  } catch (error) {
    if (!(error instanceof Refused || error instanceof Unreachable)) throw error;
    failed(error);
  } finally {
    button.removeAttribute("aria-disabled");
  }
}

/** What to show of an error, as `fieldError` takes it. */
export const words = (error) => (error instanceof Refused ? error.text : "page.failed");

/** Choices of one thing: radio buttons with a name and perhaps a hint, `chosen` marked. */
export function choices(into, name, options, chosen, changed) {
  for (const option of options) {
    const choice = part("part-choice");
    const input = find(choice, "input");
    input.name = name;
    input.value = option.value;
    input.checked = option.value === chosen;
    tell(find(choice, "[data-name]"), option.name);
    const hint = find(choice, "[data-hint]");
    if (option.hint) {
      tell(hint, option.hint);
      hint.hidden = false;
    }
    input.addEventListener("change", () => changed(option.value));
    into.append(choice);
  }
}

/** Hand a text over as a file. */
export function download(name, text) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "text/plain;charset=utf-8" }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
