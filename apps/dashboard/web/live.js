// What happens on the node, as it happens: one stream for all tabs, read by a SharedWorker; where a browser has none,
// one for this tab, closed while it is hidden.
import { base, token } from "./api.js";
import { own } from "./policy.js";
import { follow } from "./stream.js";

const listeners = new Set();
export const connection = { live: false, since: Date.now(), known: false };

/** Calls listener({type: "event", event} or {type: "state"}); returns how to stop that. */
export function listen(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function tell(message) {
  if (message.type === "state") Object.assign(connection, message, { known: true });
  for (const each of [...listeners]) each(message);
}

let change = () => {};

/** Begins, or begins anew with another token. */
export function start() {
  change();
  const place = { url: new URL("api/v1/events", base).href, token: token.get() };
  if (globalThis.SharedWorker) {
    const worker = new SharedWorker(new URL("worker.js", own).href, { type: "module", name: "hivemark" });
    worker.port.onmessage = (message) => tell(message.data);
    worker.port.postMessage({ follow: place });
    const leave = () => worker.port.postMessage({ leave: true });
    addEventListener("pagehide", leave);
    addEventListener("pageshow", (shown) => shown.persisted && worker.port.postMessage({ follow: place }));
    change = () => {
      leave();
      removeEventListener("pagehide", leave);
    };
    return;
  }
  let stop = follow(place, tell);
  const hide = () => {
    stop();
    if (!document.hidden) stop = follow(place, tell);
  };
  document.addEventListener("visibilitychange", hide);
  change = () => {
    stop();
    document.removeEventListener("visibilitychange", hide);
  };
}
