// Requests to the node. The token lies in this tab's sessionStorage, never in an address.
import { own } from "./policy.js";

export const base = new URL("../../", own); // the pages lie in ui/HASH/, below any prefix of a proxy
const TIMEOUT_MS = 8000;
const KEY = "hivemark.token";

export const token = {
  get: () => sessionStorage.getItem(KEY) ?? "",
  set: (text) => (text ? sessionStorage.setItem(KEY, text) : sessionStorage.removeItem(KEY)),
};

/** A request that got no useful answer. status 0: none at all. */
export class Problem extends Error {
  constructor(request, status, detail, code) {
    super(detail);
    Object.assign(this, { request, status, detail, code });
  }

  get isForbidden() {
    return this.status === 401 || this.status === 403;
  }

  get isAbsent() {
    return this.status === 404;
  }
}

export function headers() {
  return token.get() ? { Authorization: `Bearer ${token.get()}` } : {};
}

/** path: below /api/v1, with its query as an object whose empty members are left out. */
export async function get(path, query = {}, signal) {
  const url = new URL(`api/v1/${path}`, base);
  for (const [name, value] of Object.entries(query))
    for (const each of Array.isArray(value) ? value : [value])
      if (each !== undefined && each !== null && each !== "") url.searchParams.append(name, each);
  const shown = `GET ${url.pathname}${url.search}`;
  const limit = AbortSignal.timeout(TIMEOUT_MS);
  let answer;
  let body;
  try {
    answer = await fetch(url, { headers: headers(), signal: signal ? AbortSignal.any([signal, limit]) : limit, cache: "no-store", credentials: "omit" });
    body = await answer.text();
  } catch (failure) {
    if (signal?.aborted) throw failure;
    throw new Problem(shown, 0, limit.aborted ? `no answer within ${TIMEOUT_MS / 1000} s` : "the node does not answer");
  }
  let parsed;
  try {
    parsed = body ? JSON.parse(body) : null;
  } catch {
    throw new Problem(shown, answer.status, "the answer is not JSON; is a proxy between this page and the node?");
  }
  if (!answer.ok) throw new Problem(shown, answer.status, parsed?.detail ?? parsed?.title ?? answer.statusText, parsed?.code);
  return parsed;
}
