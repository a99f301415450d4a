#pragma once

#include "actors/defaults.hpp"

/// Bounds and timeouts of the HTTP server, in addition to actors/defaults.hpp.
namespace hive::defaults {

/// Bytes of answers that are encoded but not yet written. Above this, requests with potentially large answers wait, and
/// eventually get 503. Room for about ten of the largest snapshots as JSON.
inline constexpr size_t max_answer_bytes_in_flight = size_t{64} << 20;
/// Requests with large answers processed concurrently: encoding the largest snapshot takes about 70 MiB.
inline constexpr size_t max_large_requests = 1;
/// The share of connections available to requests waiting for their turn with a large answer, and to event streams; the
/// rest is left for small requests and probes.
constexpr size_t part_of_connections(size_t all) {
  return all < 4 ? 1 : all / 4;
}
/// Longest wait of a request with a large answer for its turn. Longer than `pressed_write_timeout`, so that waiting
/// requests benefit from that timeout.
inline constexpr auto large_request_wait = 10s;
/// Threads that decode and encode JSON larger than `max_inline_json_bytes`, to keep the actors' threads free for small
/// work. Each thread holds memory of its own.
inline constexpr size_t large_json_threads = 2;
/// Size of the pieces in which larger JSON is made and sent. A client that reads nothing makes the node hold one piece
/// beside the message itself.
inline constexpr size_t json_piece_bytes = size_t{256} << 10;
/// Interval between attempts to accept a connection when no descriptor is left.
inline constexpr auto accept_pause = 100ms;
/// Minimum interval between log lines about missing descriptors.
inline constexpr auto accept_log_interval = 10s;
/// Interval between checks of the connections' deadlines.
inline constexpr auto connection_sweep = 500ms;
/// Interval between checks that the server's thread still runs, and number of consecutive failures after which the
/// server counts as dead. Counts checks instead of time: a process that was suspended must not be taken for dead.
inline constexpr auto http_watch_interval = 5s;
inline constexpr uint32_t http_watch_misses = 6;
/// Size limit of a request's head.
inline constexpr size_t max_head_bytes = size_t{64} << 10;
/// A client that takes less of an answer than this within `client_write_timeout` is disconnected.
inline constexpr size_t write_progress_bytes = size_t{256} << 10;
/// A client that reads nothing for this long is disconnected if others wait for the memory that the response to it
/// occupies.
inline constexpr auto pressed_write_timeout = 5s;
/// A request that has been arriving for longer than this gives way to new connections.
inline constexpr auto slow_request = 1s;
/// After a connection's last answer, further input is read and discarded up to these bounds; otherwise the kernel would
/// discard the answer. Four times the largest body, for clients that read the answer only after sending everything.
inline constexpr size_t max_lingering_bytes = size_t{32} << 20;
inline constexpr auto lingering_timeout = 5s;

} // namespace hive::defaults
