#pragma once

#include "messages/json.hpp"
#include "messages/snapshot.capnp.h"
#include "tests/support/wait_until.hpp"

#include <chrono>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <thread>
#include <vector>

/// Real nodes as child processes, and helpers for tests that use them.
namespace hive::cluster {

using namespace std::chrono_literals;

// Exit statuses of hived.
inline constexpr int failed = 1;
inline constexpr int wrong_configuration = 64;

inline const std::string snapshots = "/api/v1/snapshots"; ///< a path whose requests read or write the store

/// An HTTP response. Status 0: there was none, and `body` gives the reason.
struct reply {
  int status = 0;
  std::string content_type;
  std::string body;
  std::chrono::seconds retry_after{0}; ///< 0: not given

  /// The body as a message; throws when it is not one.
  template <class T>
  msg<T> as() const {
    auto read = from_json<T>(body);
    if (!read)
      throw std::runtime_error("status " + std::to_string(status) + ", unreadable body: " + text_of(read.error()) +
                               "\n" + body);
    return std::move(*read);
  }
};

/// How to start a hived.
struct hived_options {
  /// Directory for the process's output, and for the data unless `data` names another.
  std::filesystem::path directory;
  std::filesystem::path data = {};
  std::string config = {};                 ///< TOML; empty: no configuration file
  std::string http = "127.0.0.1:0";        ///< empty: the option is not given
  std::vector<std::string> wrapper = {};   ///< program and arguments that run hived
  std::vector<std::string> arguments = {}; ///< arguments appended after all others
  std::string netns = {};                  ///< network namespace in which it runs and is queried
};

/// How a process ended.
struct process_end {
  int status = -1; ///< exit status; -1 when a signal ended it
  int signal = 0;  ///< the signal that ended it, or 0
  bool operator==(const process_end&) const = default;
};

/// A hived process, which is killed and reaped by the destructor. It also dies with the thread that started it.
class hived_process {
public:
  explicit hived_process(const hived_options& options);
  ~hived_process();
  hived_process(const hived_process&) = delete;
  hived_process& operator=(const hived_process&) = delete;

  /// Waits for the ready line; false when the process ends without it or takes longer than `patience`.
  bool becomes_ready();
  /// Like becomes_ready, but throws with the log.
  hived_process& await_ready();

  void send(int signal) const;

  /// How the process ended; nothing when it still runs after `patience`.
  std::optional<process_end> await_end();

  /// Sends SIGKILL and waits until the process is gone.
  void kill();

  pid_t pid() const {
    return pid_;
  }

  /// Its memory in MiB, from the kernel: `VmRSS` (resident now) or `VmHWM` (the maximum so far).
  size_t memory_mib(const std::string& which) const;

  /// Everything that it has printed so far.
  std::string output() const;
  std::string log() const;
  /// Number of log lines that contain all of these texts.
  size_t lines_with(const std::vector<std::string>& texts) const;

  /// ADDRESS:PORT and node id from the ready line.
  const std::string& endpoint() const {
    return endpoint_;
  }
  const std::string& node() const {
    return node_;
  }
  /// The door from the ready line, or "off".
  const std::string& door() const {
    return door_;
  }

  /// Sends `body` as JSON, with the operator token if it is in the node's data directory.
  reply request(const std::string& method, const std::string& path, const std::string& body = {},
                const std::string& content_type = "application/json") const;
  /// Like request, but without a token.
  reply anonymous(const std::string& method, const std::string& path, const std::string& body = {}) const;
  reply get(const std::string& path) const {
    return request("GET", path);
  }
  reply post(const std::string& path, const std::string& body) const {
    return request("POST", path, body);
  }
  reply put(const std::string& path, const std::string& body) const {
    return request("PUT", path, body);
  }
  reply remove(const std::string& path) const {
    return request("DELETE", path);
  }

private:
  bool has_ended();
  reply send_request(const std::string& method, const std::string& path, const std::string& body,
                     std::vector<std::string> headers) const;

  std::string netns_;
  std::filesystem::path output_file_;
  std::filesystem::path log_file_;
  std::filesystem::path token_file_;
  pid_t pid_ = -1;
  std::optional<process_end> end_;
  std::string endpoint_;
  std::string node_;
  std::string door_;
};

/// Processes, other than this one, whose command line contains `mark`. Zombies have no command line.
std::vector<pid_t> processes_marked(std::string_view mark);

/// `text` as a JSON string literal.
std::string json_string(std::string_view text);

/// Registers a shell script as adapter, with `mark` as its $0. Throws when the node refuses it.
void register_script(const hived_process& node, const std::string& name, const std::string& script,
                     const std::string& mark, double timeout_s = 60);

/// A script that prints one metric.
std::string print_metric(const std::string& name, const std::string& value);

/// The metric with this name, as in JSON; throws when the snapshot lacks it.
wire::Metric::Reader metric_of(const msg<wire::Snapshot>& snapshot, std::string_view name);

/// The outcome of this adapter; throws when the snapshot lacks it.
wire::AdapterOutcome::Reader outcome_of(const msg<wire::Snapshot>& snapshot, std::string_view adapter);

} // namespace hive::cluster
