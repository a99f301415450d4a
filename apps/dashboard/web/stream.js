// Reads the node's event stream by fetch: an EventSource cannot send a token.
const SILENCE_MS = 40000; // the node says that it is there every 15 s
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 8000;

/** The events in the lines of a stream: calls event(data, id). */
export function parser(event) {
  let rest = "";
  let data = "";
  let id = "";
  return (text) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop();
    for (const line of lines) {
      if (line.startsWith("data:")) data += line.slice(5).trim();
      else if (line.startsWith("id:")) id = line.slice(3).trim();
      else if (line === "") {
        event(data, id);
        data = "";
      }
    }
  };
}

/** Follows until the returned function is called. tell gets {type: "event", event} and
 * {type: "state", live, forbidden, since}. */
export function follow({ url, token }, tell) {
  let ended = false;
  let position = "";
  let wait = FIRST_WAIT_MS;
  let abort = new AbortController();
  let live = null;
  const state = (now, forbidden = false) => {
    if (now !== live) tell({ type: "state", live: now, forbidden, since: Date.now() });
    live = now;
  };

  async function read() {
    abort = new AbortController();
    const headers = { Accept: "text/event-stream", ...(token && { Authorization: `Bearer ${token}` }), ...(position && { "Last-Event-ID": position }) };
    const answer = await fetch(url, { headers, signal: abort.signal, cache: "no-store", credentials: "omit" });
    if (answer.status === 401 || answer.status === 403) state(false, true);
    if (!answer.ok) throw new Error(String(answer.status));
    state(true);
    wait = FIRST_WAIT_MS;
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    const take = parser((data, id) => {
      position = id || position;
      if (data) tell({ type: "event", event: JSON.parse(data) });
    });
    for (;;) {
      const silence = setTimeout(() => abort.abort(), SILENCE_MS);
      const { done, value } = await reader.read().finally(() => clearTimeout(silence));
      if (done) return;
      take(value);
    }
  }

  async function run() {
    while (!ended) {
      try {
        await read();
      } catch {
        // Shown as the state; what failed is shown by the requests of the pages.
      }
      if (ended) return;
      state(false);
      await new Promise((resume) => setTimeout(resume, wait));
      wait = Math.min(2 * wait, LONGEST_WAIT_MS);
    }
  }

  run();
  return () => {
    ended = true;
    abort.abort();
  };
}
