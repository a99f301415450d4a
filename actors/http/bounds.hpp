#pragma once

#include "actors/defaults.hpp"

/// Further bounds and timeouts of the HTTP server, each with its reason.
namespace hive::defaults {

/// Bytes of answers that are encoded and not yet written. Above it a question whose answer may be large waits, and is
/// then answered 503. Some ten of the largest snapshots as JSON.
inline constexpr size_t max_answer_bytes_in_flight = size_t{64} << 20;
/// Questions with large answers that are worked on at the same time: encoding the largest snapshot takes some 70 MiB.
inline constexpr size_t max_large_requests = 1;
/// The part of all connections that questions with large answers may take while they wait for their turn, and event
/// streams for as long as their clients like: what remains is for small questions and probes.
constexpr size_t part_of_connections(size_t all) {
  return all < 4 ? 1 : all / 4;
}
/// Longest wait of such a question for its turn. Longer than `pressed_write_timeout`, so that those who wait profit.
inline constexpr auto large_request_wait = 10s;
/// Threads that decode and encode larger JSON than `max_inline_json_bytes`, so that the actors' threads are free for
/// what is small. Each keeps memory of its own.
inline constexpr size_t large_json_threads = 2;
/// After such work memory is given back to the system, this often at most: it takes a millisecond or a few.
inline constexpr auto memory_trim_interval = 100ms;
/// Between two tries to accept a connection when no descriptor is left.
inline constexpr auto accept_pause = 100ms;
/// Between two log lines about that.
inline constexpr auto accept_log_interval = 10s;
/// Between two looks at the deadlines of the connections.
inline constexpr auto connection_sweep = 500ms;
/// Between two looks at whether the server's thread still runs, and how many of them in a row may find it stuck before
/// the server is given up. Looks, not time: a process that was stopped must not be taken for dead.
inline constexpr auto http_watch_interval = 5s;
inline constexpr uint32_t http_watch_misses = 6;
/// Longest head of a request.
inline constexpr size_t max_head_bytes = size_t{64} << 10;
/// A client that takes less of an answer within `client_write_timeout` is let go.
inline constexpr size_t write_progress_bytes = size_t{256} << 10;
/// One that takes nothing for so long is let go when others wait for the memory that its answer takes.
inline constexpr auto pressed_write_timeout = 5s;
/// A request that has been arriving for so long makes room for a new connection.
inline constexpr auto slow_request = 1s;
/// After the last answer of a connection what its client still sends is thrown away, so much and so long, or else the
/// kernel would throw away the answer. Four times the largest body, for clients that look for an answer when they have
/// sent everything.
inline constexpr size_t max_lingering_bytes = size_t{32} << 20;
inline constexpr auto lingering_timeout = 5s;

} // namespace hive::defaults
