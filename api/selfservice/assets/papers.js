// Which papers somebody shows, and the photos of them.

import { choices, fieldError, find, part } from "./forms.js";
import { nameOf, showDeficiencies } from "./people.js";
import { shot } from "./photo.js";
import { say, tell, word } from "./speech.js";

const AT_ONCE = 3;

/** Asks for papers and takes photos of them. */
export function papersScreen(page, { id }) {
  const screen = part("screen-papers");
  const collection = page.collection(id);
  const chosen = {};
  say(find(screen, "[data-for]"), "papers.for", { name: nameOf(collection) });
  showDeficiencies(screen, collection);
  find(screen, "[data-back]").addEventListener("click", () => page.back());

  function draw() {
    const questions = find(screen, "[data-questions]");
    questions.replaceChildren();
    for (const group of collection.papers) {
      chosen[group.proves] ??= usual(group, page.collection(id).items);
      if (group.proves === "authority") questions.append(attorney(page, collection));
      if (isAsked(group, chosen)) questions.append(question(group, chosen, redraw));
    }
    drawShots();
  }

  function redraw() {
    const focused = document.activeElement?.value;
    draw();
    find(screen, `input[value="${focused}"]`)?.focus();
  }

  function drawShots() {
    const wanted = shots(collection, chosen, page.collection(id).items);
    find(screen, "[data-shots-part]").hidden = !wanted.length;
    find(screen, "[data-shots]").replaceChildren(...wanted.map((each) => shot(page, collection, each, () => fieldError(screen, "papers", null))));
  }

  find(screen, "[data-go]").addEventListener("click", () => {
    const now = page.collection(id);
    const missing = shots(collection, chosen, now.items).filter((each) => each.needed && !isGiven(each, now.items));
    if (missing.length) return fieldError(screen, "papers", () => word("papers.missing", { count: missing.length }));
    if (now.missing.length) return fieldError(screen, "papers", now.missing[0]);
    return page.go("number", { id });
  });

  draw();
  return screen;
}

/** Which photos are wanted for what was chosen, and those that are there besides. */
function shots(collection, chosen, items) {
  const wanted = [];
  for (const group of collection.papers) {
    const paper = group.papers.find((each) => each.code === chosen[group.proves]);
    for (const { side, needed } of paper?.sides ?? []) {
      const known = wanted.find((each) => each.document === paper.code && each.side === side);
      if (known) known.needed ||= needed;
      else wanted.push({ document: paper.code, side, needed, name: paper.name, redact: paper.redact });
    }
  }
  const names = new Map(collection.papers.flatMap((group) => group.papers).map((paper) => [paper.code, paper.name]));
  for (const item of items) {
    if (item.kind !== "image" || wanted.some((each) => isGiven(each, [item]))) continue;
    wanted.push({ document: item.document, side: item.side, needed: false, name: names.get(item.document) ?? item.name });
  }
  return wanted;
}

const isGiven = (wanted, items) => items.some((item) => item.kind === "image" && item.document === wanted.document && item.side === wanted.side);

/** Whether a question is to be asked: not where another answer has settled it, or where there is one answer. */
function isAsked(group, chosen) {
  if (group.proves === "identity" && group.papers.some((paper) => paper.code === chosen.number)) {
    chosen.identity = chosen.settled = chosen.number;
    return false;
  }
  if (group.proves === "identity" && chosen.settled) chosen.identity = chosen.settled = undefined;
  return group.papers.length > 1;
}

/** What is chosen before anybody chose: what was given, else the first, which most people have. */
function usual(group, items) {
  const given = group.papers.find((paper) => items.some((item) => item.document === paper.code));
  return given?.code ?? (group.proves === "identity" ? undefined : group.papers[0]?.code);
}

function question(group, chosen, changed) {
  const asked = part("part-question");
  say(find(asked, "[data-legend]"), group.proves === "authority" ? "papers.attorney_paper" : `papers.${group.proves}_question`);
  if (group.proves === "identity") say(find(asked, "[data-hint]"), "papers.identity_hint");
  else find(asked, "[data-hint]").remove();
  const pick = (code) => {
    chosen[group.proves] = code;
    changed();
  };
  const options = group.papers.map((paper) => ({ value: paper.code, name: paper.name, hint: paper.both ? () => word("papers.card_hint") : null }));
  const place = options.findIndex((option) => option.value === chosen[group.proves]);
  choices(find(asked, "[data-choices]"), group.proves, options.slice(0, AT_ONCE), chosen[group.proves], pick);
  const rest = find(asked, "[data-rest]");
  rest.hidden = options.length <= AT_ONCE;
  rest.open = place >= AT_ONCE;
  choices(find(rest, "[data-more-choices]"), group.proves, options.slice(AT_ONCE), chosen[group.proves], pick);
  return asked;
}

function attorney(page, collection) {
  const explained = part("part-attorney");
  tell(find(explained, "[data-text]"), () => word("papers.attorney_text", { agent: page.view.name, company: page.view.company }));
  return explained;
}
