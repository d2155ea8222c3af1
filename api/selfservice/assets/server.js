// Speaking to the server: JSON there and back, refusals as values, and patience with lost connections.

const SLOWEST_MS = 45_000;

/** What the server said no with, or that it could not be reached. */
export class Refused extends Error {
  constructor(status, entry) {
    super(entry.code);
    this.status = status;
    this.code = entry.code;
    this.rule = entry.rule ?? "";
    this.field = entry.field ?? "";
    this.text = { ja: entry.messageJa, en: entry.messageEn };
  }
}

/** There was no answer. */
export class Unreachable extends Error {}

/** Ask the server for something, once; `how` goes to `fetch`. */
export async function call(name, body = {}, how = {}) {
  let response;
  try {
    response = await fetch(`/my/api/${name}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
      cache: "no-store",
      signal: AbortSignal.timeout(SLOWEST_MS),
      ...how,
    });
    return read(response.status, await response.text());
  } catch (error) {
    throw error instanceof Refused ? error : new Unreachable();
  }
}

/** Ask until there is an answer: for what may safely be asked twice. */
export async function persist(name, body = {}, how = {}) {
  for (let attempt = 0; ; attempt += 1) {
    try {
      const answer = await call(name, body, how);
      connected();
      return answer;
    } catch (error) {
      if (!(error instanceof Unreachable)) throw error;
      await reconnected(attempt);
    }
  }
}

/** Send an image, and tell how far it is: `progress` takes 0 to 100. */
export function sendImage(blob, what, progress) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", "/my/api/image");
    request.setRequestHeader("content-type", blob.type);
    request.setRequestHeader("warifu-collection", what.collection);
    request.setRequestHeader("warifu-document", what.document);
    request.setRequestHeader("warifu-side", what.side);
    request.upload.onprogress = (event) => event.lengthComputable && progress(Math.floor((100 * event.loaded) / event.total));
    request.onload = () => settle(() => read(request.status, request.responseText), resolve, reject);
    request.onerror = request.onabort = request.ontimeout = () => reject(new Unreachable());
    request.timeout = 4 * SLOWEST_MS;
    request.send(blob);
  });
}

/** Wait until it is worth trying again, and say that we wait. */
export async function reconnected(attempt) {
  document.dispatchEvent(new Event("connection-lost"));
  const pause = Math.min(1_000 * 2 ** attempt, 15_000);
  await new Promise((resolve) => {
    const done = () => {
      window.removeEventListener("online", done);
      clearTimeout(timer);
      resolve();
    };
    const timer = setTimeout(done, pause);
    window.addEventListener("online", done);
  });
}

/** Say that an answer came. */
export function connected() {
  document.dispatchEvent(new Event("connection-there"));
}

function read(status, text) {
  let body;
  try {
    body = text ? JSON.parse(text) : {};
  } catch {
    throw new Unreachable(); // a proxy's page, not ours
  }
  if (status >= 200 && status < 300) return body;
  const entry = body.errors?.[0]?.extensions;
  if (!entry?.messageJa) throw new Unreachable();
  if (status === 401) document.dispatchEvent(new Event("visit-ended"));
  throw new Refused(status, entry);
}

function settle(work, resolve, reject) {
  try {
    resolve(work());
  } catch (error) {
    reject(error);
  }
}
