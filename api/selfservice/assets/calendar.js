// Dates of birth, in Western years or those of an era, in digits of either width.

import { hush, tell, word } from "./speech.js";

const ERAS = [
  ["reiwa", 2018, "2019-05-01"],
  ["heisei", 1988, "1989-01-08"],
  ["showa", 1925, "1926-12-25"],
  ["taisho", 1911, "1912-07-30"],
];
const EARLIEST = 1900;

/** The day that year, month and day name: {day: "1985-05-03"} or {problem}. `base` is added to the year. */
export function readDay(base, year, month, day, today = new Date()) {
  const parts = [year.trim() === "元" ? "1" : year, month, day].map((text) => halfWidth(text.trim()).replace(/[年月日]$/, ""));
  if (!parts.every((text) => /^[0-9]{1,4}$/.test(text))) return { problem: "door.birth_invalid" };
  const [years, months, days] = parts.map(Number);
  const found = new Date(Date.UTC(base + years, months - 1, days));
  const same = found.getUTCFullYear() === base + years && found.getUTCMonth() === months - 1 && found.getUTCDate() === days;
  if (!same || years < 1 || base + years < EARLIEST) return { problem: "door.birth_invalid" };
  if (found > today) return { problem: "door.birth_future" };
  return { day: found.toISOString().slice(0, 10) };
}

/** A day in both calendars, as it stands on Japanese papers. */
export function inBoth(iso) {
  const [year, month, day] = iso.split("-").map(Number);
  const era = ERAS.find(([, , from]) => iso >= from);
  const named = era ? `(${word(`door.${era[0]}`).replace(/ .*/, "")}${year - era[1] === 1 ? "元" : year - era[1]}年)` : "";
  return `${year}年${named}${month}月${day}日`;
}

/** The fields of a date of birth: what they say now, or null with the reason shown. */
export class BirthField {
  constructor(element, show) {
    this.element = element;
    this.show = show;
    this.note = element.querySelector("[data-read]");
    element.addEventListener("input", () => this.echo());
  }

  get inputs() {
    return [...this.element.querySelectorAll("input")];
  }

  read() {
    const part = (name) => this.element.querySelector(`[data-part="${name}"]`).value;
    return readDay(Number(part("era")), part("year"), part("month"), part("day"));
  }

  echo() {
    this.show(this, null);
    const { day } = this.read();
    if (day) tell(this.note, () => inBoth(day));
    else hush(this.note);
  }

  value() {
    const { day, problem } = this.read();
    this.show(this, problem ?? null);
    return day ?? null;
  }
}

function halfWidth(text) {
  return text.replace(/[０-９]/g, (digit) => String.fromCharCode(digit.charCodeAt(0) - 0xfee0));
}
