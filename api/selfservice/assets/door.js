// The door: the link's secret, which stands behind the # and is taken from there, and what the person knows besides.

import { BirthField } from "./calendar.js";
import { fieldError, find, focusWrong, onSend, part, words } from "./forms.js";
import { call } from "./server.js";

const KEY = "warifu-link";
const SECRET = /^#(wfl_[0-9A-Za-z]{20,100})$/;

/** Take the secret out of the address bar, and tell whether another one than before came. */
export function takeLink() {
  const found = SECRET.exec(location.hash);
  if (location.hash) history.replaceState(history.state, "", location.pathname + location.search);
  if (!found || found[1] === keptLink()) return false;
  sessionStorage.setItem(KEY, found[1]);
  return true;
}

/** The secret, as long as this tab is open. */
export const keptLink = () => sessionStorage.getItem(KEY);

/** Asks who it is. */
export function doorScreen(page, { then } = {}) {
  const screen = part("screen-door");
  const form = find(screen, "[data-form]");
  const birth = new BirthField(find(screen, "#birth"), (field, what) => fieldError(screen, "birth", what));
  let by = "birth";

  find(screen, "[data-ended]").hidden = !page.ended;
  for (const other of screen.querySelectorAll("[data-other]")) {
    other.addEventListener("click", () => {
      by = other.dataset.other;
      for (const each of screen.querySelectorAll("[data-by]")) each.hidden = each.dataset.by !== by;
      for (const each of screen.querySelectorAll("[data-other]")) each.hidden = each.dataset.other === by;
      fieldError(screen, "door", null);
      find(screen, by === "birth" ? "[data-part=year]" : "#passcode").focus();
    });
  }

  function factor() {
    if (by === "birth") return birth.value();
    const typed = find(screen, "#passcode").value.trim();
    const isLong = typed.normalize("NFKC").replace(/[^0-9A-Za-z]/g, "").length === 8;
    fieldError(screen, "passcode", isLong ? null : "door.passcode_invalid");
    return isLong ? typed : null;
  }

  async function open() {
    fieldError(screen, "door", null);
    const known = factor();
    if (!known) return focusWrong(screen);
    await call("open", { link: page.link, factor: known });
    if (then && !["door", "missing", "left"].includes(then.name)) history.replaceState(then, "");
    await page.enter();
  }

  onSend(form, open, (error) => fieldError(screen, "door", words(error)));
  return screen;
}
