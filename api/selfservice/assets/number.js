// Individual Numbers as they are typed: the same rule as the server's, so that slips are told at once.
// Nothing here keeps a number: whoever asks has it, and the fields are emptied as soon as it was sent.

const WEIGHTS = [6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2];
const DIGITS = 12;
const BETWEEN = /[-\u2010-\u2015\u2212\uff0d\u30fc\uff70\u30fb\uff65 \t\u00a0\u2002\u2003\u2009\u202f\u3000]/g;

/** What was typed, as a server reads it: half width, without what people put between the digits. */
export function plain(text) {
  return text
    .trim()
    .replace(/^['\u2019\uff07]/, "")
    .replace(BETWEEN, "")
    .replace(/[０-９]/g, (digit) => String.fromCharCode(digit.charCodeAt(0) - 0xfee0));
}

/** The check digit of eleven digits (平成26年総務省令第85号 article 5). */
export function checkDigit(payload) {
  const rest = WEIGHTS.reduce((sum, weight, place) => sum + weight * Number(payload[place]), 0) % 11;
  return rest <= 1 ? 0 : 11 - rest;
}

/** The name of what is wrong with plain text, or null; "too_short" for what may still become a number. */
export function problem(digits) {
  if (!/^[0-9]*$/.test(digits)) return "not_digits";
  if (digits.length < DIGITS) return "too_short";
  if (digits.length > DIGITS) return "too_long";
  if (/^(.)\1*$/.test(digits)) return "repeated";
  return checkDigit(digits) === Number(digits[DIGITS - 1]) ? null : "wrong_check";
}

/** How many digits are still to come. */
export const left = (digits) => Math.max(0, DIGITS - digits.length);
