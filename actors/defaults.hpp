#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

/// Every bound and timeout of the actors, with its reason.
namespace hive::defaults {

using namespace std::chrono_literals;

// -- store ---------------------------------------------------------------------

/// Longest wait for a durable write. A healthy disk needs milliseconds; beyond this the outcome is unknown.
inline constexpr auto commit_timeout = 30s;
/// Write sets that may wait for the disk. Above it new ones are refused, so memory stays bounded.
inline constexpr size_t max_pending_commits = 65'536;
/// Bytes that may wait for the disk.
inline constexpr size_t max_pending_commit_bytes = size_t{256} << 20;

// -- benchmark -----------------------------------------------------------------

/// Captures at the same time; each already runs all its adapters at once.
inline constexpr size_t max_concurrent_captures = 4;
/// Registered adapters of one node; each costs an actor and a line in every snapshot.
inline constexpr size_t max_adapters = 1'000;
/// An adapter's time when its configuration names none.
inline constexpr auto adapter_timeout = 300s;
/// Given to an adapter on top of its timeout to report the timeout itself, before it is given up.
inline constexpr auto adapter_grace = 2s;
/// Child processes at the same time; more wait.
inline constexpr size_t max_processes = 8;
/// Child processes that may wait for a free place.
inline constexpr size_t max_waiting_processes = 256;
/// After SIGTERM a process group has this long before SIGKILL.
inline constexpr auto process_kill_grace = 2s;
/// Observations kept of one model.
inline constexpr size_t max_observations = 100;
/// Models of which observations are kept.
inline constexpr size_t max_models = 10'000;

// -- http ----------------------------------------------------------------------

/// Longest wait of a request that does not measure anything.
inline constexpr auto request_timeout = 60s;
/// Longest wait of a request that captures; the adapters' own timeouts are shorter.
inline constexpr auto capture_timeout = 24h;
/// Requests in work at the same time; above it 503 with Retry-After.
inline constexpr size_t max_requests_in_flight = 4'096;
/// Largest body that is read: a snapshot's limit.
inline constexpr size_t max_body_bytes = size_t{8} << 20;
/// A body of up to so many times the limit is read to its end and answered with 413; a larger one ends the connection.
/// Reading on lets clients that only look for an answer after sending everything see why.
inline constexpr size_t refused_body_factor = 4;
/// Open connections; more are closed at once. Far below the usual 1,024 open files of a process, which the store and
/// child processes need too.
inline constexpr size_t max_connections = 512;
/// Longest request target; ids have 64 characters, so that the longest meant one has a few hundred.
inline constexpr size_t max_url_bytes = 8'192;
/// Longest value of one header field, and most fields: what other servers and browsers are used to.
inline constexpr size_t max_header_bytes = 8'192;
inline constexpr size_t max_header_fields = 100;
/// Far more than any record has fields.
inline constexpr size_t max_query_parameters = 64;
/// Larger JSON is decoded and encoded by an actor of its own, so that it does not hold up small requests.
inline constexpr size_t max_inline_json_bytes = size_t{64} << 10;
/// A client that needs longer to send one request, or is idle for longer, is let go.
inline constexpr auto client_read_timeout = 60s;
/// A client that needs longer to take an answer is let go.
inline constexpr auto client_write_timeout = 60s;
/// Requests in work when the server is told to stop have this long; shorter than `stop_timeout`.
inline constexpr auto http_drain_timeout = 5s;
/// Between two looks at whether the server has drained: short beside the time a person waits, long beside a request.
inline constexpr auto http_drain_poll = 20ms;
/// For the last answers to reach their sockets when the server closes.
inline constexpr auto http_flush_timeout = 1s;

// -- node ----------------------------------------------------------------------

/// A service that fails more often than this within `restart_window` takes the node down.
inline constexpr uint32_t max_restarts = 5;
inline constexpr auto restart_window = 60s;
/// A service that has not stopped by then is killed.
inline constexpr auto stop_timeout = 10s;

} // namespace hive::defaults
