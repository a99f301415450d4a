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

/// Real nodes as child processes, and what tests ask of them.
namespace hive::cluster {

using namespace std::chrono_literals;

/// An HTTP answer. Status 0: there was none, and `body` says why.
struct reply {
  int status = 0;
  std::string content_type;
  std::string body;
  std::chrono::seconds retry_after{0}; ///< 0: not told

  /// The body as a message; throws when it is none.
  template <class T>
  msg<T> as() const {
    auto read = from_json<T>(body);
    if (!read)
      throw std::runtime_error("status " + std::to_string(status) + ", unreadable body: " + text_of(read.error()) +
                               "\n" + body);
    return std::move(*read);
  }
};

/// How one hived is started.
struct hived_options {
  /// Holds what the process prints; the data directory lies in it unless `data` names another.
  std::filesystem::path directory;
  std::filesystem::path data = {};
  std::string config = {};                 ///< TOML; empty: started without a file
  std::string http = "127.0.0.1:0";        ///< empty: the option is not given
  std::vector<std::string> wrapper = {};   ///< program and arguments that run hived
  std::vector<std::string> arguments = {}; ///< given to hived behind all others
  std::string netns = {};                  ///< network namespace in which it runs and is asked
};

/// How a process ended.
struct process_end {
  int status = -1; ///< as given to exit; -1 when a signal ended it
  int signal = 0;  ///< the signal that ended it, or 0
  bool operator==(const process_end&) const = default;
};

/// One hived, killed and reaped with its owner. It dies with the thread that started it.
class hived_process {
public:
  explicit hived_process(const hived_options& options);
  ~hived_process();
  hived_process(const hived_process&) = delete;
  hived_process& operator=(const hived_process&) = delete;

  /// Waits for the ready line; false when the process ends without it or takes longer than `patience`.
  bool becomes_ready();
  /// The same, but throws with the log.
  hived_process& await_ready();

  void send(int signal) const;

  /// How the process ended; nothing when it still runs after `patience`.
  std::optional<process_end> await_end();

  /// SIGKILL, and the process is gone.
  void kill();

  pid_t pid() const {
    return pid_;
  }

  /// Its memory in MiB, from the kernel: `VmRSS`, what is resident now, or `VmHWM`, the most that ever was.
  size_t memory_mib(const std::string& which) const;

  /// What it has printed so far.
  std::string output() const;
  std::string log() const;
  /// Lines of the log that hold all of these texts.
  size_t lines_with(const std::vector<std::string>& texts) const;

  /// ADDRESS:PORT and id of the ready line.
  const std::string& endpoint() const {
    return endpoint_;
  }
  const std::string& node() const {
    return node_;
  }
  /// The door of the ready line, or "off".
  const std::string& door() const {
    return door_;
  }

  /// `body` is sent as JSON, with the operator token of the node where it lies in its data directory.
  reply request(const std::string& method, const std::string& path, const std::string& body = {},
                const std::string& content_type = "application/json") const;
  /// The same without a token.
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

/// Processes, other than this one, whose command line holds `mark`. A zombie has none.
std::vector<pid_t> processes_marked(std::string_view mark);

/// `text` as a JSON string.
std::string json_string(std::string_view text);

/// Registers a shell script as adapter; its $0 is `mark`. Throws when that is refused.
void register_script(const hived_process& node, const std::string& name, const std::string& script,
                     const std::string& mark, double timeout_s = 60);

/// A script that prints one metric.
std::string print_metric(const std::string& name, const std::string& value);

/// The metric of this name, as it stands in JSON; throws when the snapshot lacks it.
wire::Metric::Reader metric_of(const msg<wire::Snapshot>& snapshot, std::string_view name);

/// The outcome of this adapter; throws when the snapshot lacks it.
wire::AdapterOutcome::Reader outcome_of(const msg<wire::Snapshot>& snapshot, std::string_view adapter);

} // namespace hive::cluster
