// Japanese and English: every text on the page knows how to say itself in either.

import WORDS from "./words.js";

const LANGUAGES = ["ja", "en"];
const sayings = new WeakMap();
let language = LANGUAGES.includes(document.documentElement.lang) ? document.documentElement.lang : "ja";

/** The language of the page, "ja" or "en". */
export const spoken = () => language;

/** A word of the page in its language, values put in for {names}. */
export function word(key, values = {}) {
  const text = WORDS[key][language];
  return text.replace(/\{(\w+)\}/g, (_, name) => resolve(values[name]));
}

/** Let an element say a word, now and after the language was changed. */
export function say(element, key, values = {}) {
  tell(element, () => word(key, values));
}

/** Let an element say a text of the server's: {ja, en}, plain text, or a function that gives one. */
export function tell(element, text) {
  delete element.dataset.say;
  element.dataset.told = "";
  sayings.set(element, text);
  put(element, resolve(text));
}

/** Let an element say nothing. */
export function hush(element) {
  delete element.dataset.say;
  delete element.dataset.told;
  sayings.delete(element);
  put(element, "");
}

/** A text, whatever form it came in. */
export function resolve(text) {
  if (typeof text === "function") return text();
  if (text && typeof text === "object") return text[language];
  return text === undefined || text === null ? "" : String(text);
}

/** Say what a template holds in the language of now. */
export function translate(root) {
  for (const element of root.querySelectorAll("[data-say]")) put(element, word(element.dataset.say));
  for (const element of root.querySelectorAll("[data-say-label]")) {
    element.setAttribute("aria-label", word(element.dataset.sayLabel));
  }
  for (const element of root.querySelectorAll("[data-told]")) put(element, resolve(sayings.get(element)));
}

/** Change to the other language without losing anything that was typed. */
export function changeLanguage(wanted = language === "ja" ? "en" : "ja") {
  language = wanted;
  document.documentElement.lang = language;
  document.title = word("page.title");
  translate(document);
}

/** A day, written as people write it: an ISO date or milliseconds since the epoch. */
export function day(value) {
  return () => format(typeof value === "string" ? `${value}T00:00:00+09:00` : value, { dateStyle: "long" });
}

/** A moment by the clock in Japan, from milliseconds since the epoch. */
export function moment(value) {
  return () => format(value, { dateStyle: "long", timeStyle: "short" });
}

/** The time of an appointment, with its day of the week. */
export function appointment(value) {
  const parts = { year: "numeric", month: "long", day: "numeric", weekday: "short", hour: "2-digit", minute: "2-digit" };
  return () => format(value, parts);
}

function format(value, options) {
  const locale = language === "ja" ? "ja-JP" : "en-GB";
  return new Intl.DateTimeFormat(locale, { timeZone: "Asia/Tokyo", ...options }).format(new Date(value));
}

function put(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
