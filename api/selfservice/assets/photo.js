// Photos: made smaller before they leave the phone, sent with patience, shown as long as the page is open.

import { find, part, showIn, words } from "./forms.js";
import { Refused, Unreachable, connected, persist, reconnected, sendImage } from "./server.js";
import { hush, say, tell, word } from "./speech.js";

const LONGER_SIDE = 2400;
const SHORTEST = 480;
const QUALITY = 0.86;
const PDF = "application/pdf";
const previews = new Map();

/** A photo as JPEG of at most 2,400 pixels, a PDF as it is; or the key of the word that says why not. */
export async function shrink(file) {
  if (file.type === PDF) return { blob: file };
  let image;
  try {
    image = await createImageBitmap(file, { imageOrientation: "from-image" });
  } catch {
    return { problem: "papers.unreadable" };
  }
  try {
    if (Math.max(image.width, image.height) < SHORTEST) return { problem: "papers.too_small" };
    const scale = Math.min(1, LONGER_SIDE / Math.max(image.width, image.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.max(1, Math.round(image.width * scale));
    canvas.height = Math.max(1, Math.round(image.height * scale));
    const context = canvas.getContext("2d");
    context.fillStyle = "#fff";
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.drawImage(image, 0, 0, canvas.width, canvas.height);
    const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", QUALITY));
    return blob ? { blob } : { problem: "papers.unreadable" };
  } finally {
    image.close();
  }
}

/** One photo of a paper: taken, sent, shown, taken again, removed. `changed` hears of each. */
export function shot(page, collection, wanted, changed) {
  const box = part("part-shot");
  const at = (name) => find(box, `[data-${name}]`);
  const what = { collection: collection.id, document: wanted.document, side: wanted.side };
  const given = () => page.collection(collection.id).items.filter((item) => item.kind === "image" && item.document === what.document && item.side === what.side);

  const label = () => `${wanted.name[document.documentElement.lang]} ${word(sideKey(wanted.side))}`;
  tell(at("what"), label);
  if (wanted.redact) {
    tell(at("redact"), wanted.redact);
    at("redact").hidden = false;
  }
  for (const input of box.querySelectorAll("input")) {
    input.addEventListener("change", () => input.files[0] && send(input.files[0], input));
  }
  at("remove").addEventListener("click", () => remove());

  function draw() {
    const [item] = given();
    const preview = item && previews.get(item.id);
    box.classList.toggle("there", Boolean(item));
    at("camera").toggleAttribute("hidden", Boolean(item));
    at("check").toggleAttribute("hidden", !item);
    at("preview").hidden = !preview;
    if (preview) at("preview").src = preview;
    at("preview").alt = preview ? word("papers.preview", { what: label }) : "";
    at("need").className = `tag ${item ? "good" : wanted.needed ? "wait" : ""}`;
    say(at("need"), item ? "papers.given" : wanted.needed ? "page.needed" : "page.optional");
    say(at("take-text"), item ? "papers.retake" : "papers.take");
    say(at("choose-text"), "papers.choose");
    at("remove").hidden = !item;
  }

  async function send(file, input) {
    showIn(at("error"), null);
    say(at("status"), "papers.shrinking");
    const { blob, problem } = await shrink(file);
    input.value = "";
    if (problem) return stop(problem);
    try {
      await replace(blob);
      stop(null);
      page.announce("papers.given");
    } catch (error) {
      if (!(error instanceof Refused || error instanceof Unreachable)) throw error;
      stop(words(error));
    }
    draw();
    changed();
  }

  async function replace(blob) {
    const before = given().map((item) => item.id);
    await deliver(blob, before);
    const [added] = given().filter((item) => !before.includes(item.id));
    if (added && blob.type !== PDF) previews.set(added.id, URL.createObjectURL(blob));
    for (const id of before) await forget(id);
  }

  // Whether an answer that got lost had been taken in is looked up before anything is sent again.
  async function deliver(blob, before) {
    at("progress").hidden = false;
    for (let attempt = 0; ; attempt += 1) {
      try {
        tellProgress(0);
        page.heard(await sendImage(blob, what, tellProgress));
        return connected();
      } catch (error) {
        if (!(error instanceof Unreachable)) throw error;
        say(at("status"), "papers.waiting");
        await reconnected(attempt);
        page.heard(await persist("look"));
        if (given().some((item) => !before.includes(item.id))) return;
      }
    }
  }

  function tellProgress(percent) {
    at("progress").value = percent;
    say(at("status"), "papers.sending", { percent });
  }

  async function forget(id) {
    page.heard(await persist("take-back", { item: id }));
    URL.revokeObjectURL(previews.get(id));
    previews.delete(id);
  }

  async function remove() {
    try {
      for (const item of given()) await forget(item.id);
    } catch (error) {
      if (!(error instanceof Refused || error instanceof Unreachable)) throw error;
      stop(words(error));
    }
    draw();
    changed();
  }

  function stop(problem) {
    at("progress").hidden = true;
    hush(at("status"));
    showIn(at("error"), problem);
  }

  draw();
  return box;
}

const sideKey = (side) => ({ front: "papers.front", back: "papers.reverse" })[side] ?? "papers.whole";
