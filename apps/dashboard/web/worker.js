// One event stream for all tabs of a node and token.
import { follow } from "./stream.js";

const streams = new Map(); // by place: {ports, stop, state}

function join(port, place) {
  const key = `${place.url} ${place.token}`;
  leave(port);
  let stream = streams.get(key);
  if (!stream) {
    stream = { ports: new Set(), state: null };
    streams.set(key, stream);
    stream.stop = follow(place, (message) => {
      if (message.type === "state") stream.state = message;
      for (const each of stream.ports) each.postMessage(message);
    });
  }
  stream.ports.add(port);
  if (stream.state) port.postMessage(stream.state);
}

function leave(port) {
  for (const [key, stream] of streams)
    if (stream.ports.delete(port) && stream.ports.size === 0) {
      stream.stop();
      streams.delete(key);
    }
}

onconnect = ({ ports: [port] }) => {
  port.onmessage = ({ data }) => (data.follow ? join(port, data.follow) : leave(port));
};
