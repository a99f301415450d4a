#pragma once

#include "messages/benchmark.capnp.h"

#include <caf/error.hpp>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// Runs commands of others in bubblewrap. docs/explanation/sandbox.md says what they may see and use.
///
/// A request to the runner with a `sandbox` (see `describe`) gets all that this machine can do. `command_line` gives
/// the part that bubblewrap alone can do, to whoever starts the process himself.
namespace hive::sandbox {

/// A file or directory of the machine that a sandbox shows.
struct bind {
  std::filesystem::path from; ///< absolute path on the machine
  std::string to;             ///< absolute path in the sandbox
  bool writable = false;
};

/// Limits of a sandbox. Those of memory and processes hold for all its processes together where control groups or a
/// user of its own can be had, else for each process; see docs/explanation/sandbox.md. The others hold for each
/// process, see getrlimit(2).
struct limits {
  uint64_t file_bytes = uint64_t{4} << 30; ///< largest file; a larger one ends the writer with SIGXFSZ
  uint64_t open_files = 4'096;
  uint64_t processes = 4'096;    ///< processes and threads: stops a fork bomb
  uint64_t memory_bytes = 0;     ///< memory, with that of /tmp and /dev/shm; 0: three quarters of the machine's
  uint64_t address_bytes = 0;    ///< address space; 0: no limit, which programs that reserve huge ranges need
  uint64_t tmp_bytes = 1u << 30; ///< size of /tmp and of /dev/shm each; both are the machine's memory
};

/// What a sandbox shows and allows. Beside `binds` it shows the system's programs and libraries read-only, the files of
/// /etc that these need, and a /proc, /dev and /tmp of its own. It has no capabilities, no way to gain privileges, no
/// way to make further user namespaces, and its own process ids. All its processes end together with the process that
/// started it.
///
/// The environment is that of the process that starts it, with HOME and TMPDIR as /tmp: command lines can be read by
/// other users, so variables do not belong there.
struct options {
  std::vector<bind> binds;                           ///< later ones may lie in earlier ones
  std::string workdir = "/";                         ///< in the sandbox
  std::string path = "/usr/local/bin:/usr/bin:/bin"; ///< where the command and its children look for programs
  bool network = false; ///< the machine's network, with the names that it resolves; else a loopback of its own
  limits most = {};
  std::vector<uint32_t> gpus = {}; ///< minor numbers N of the /dev/nvidiaN that it may use; others are not there

  /// ec::invalid, naming the offending option.
  caf::error validate() const;
};

/// Writes `how` to the field `sandbox` of a request to the runner.
void describe(const options& how, wire::Sandbox::Builder out);

/// The options that a request describes; limits of 0 are the default ones. Not validated.
options options_of(wire::Sandbox::Reader from);

/// bubblewrap's arguments for `how`, without limits, filter and command. `sources` has the paths of the binds, in their
/// order, where these are others than `from`.
std::vector<std::string> arguments(const options& how, const std::vector<std::string>& sources = {});

/// The command line that runs `command` in a sandbox. Start it with a status channel, from a thread that outlives it.
std::vector<std::string> command_line(const options& how, const std::vector<std::string>& command);

/// Whether the command in the sandbox was started, according to the text of the status channel. If it was not, the
/// sandbox could not be set up or has no such program; standard error says which.
bool has_started(std::string_view status);

/// A command line that succeeds where sandboxes work, for a check before there is anything to run.
std::vector<std::string> probe();

/// Why sandboxes do not work here, from the standard error of `probe` or of its start: one sentence that says what to
/// install or to allow.
std::string describe_unavailable(std::string_view reason);

} // namespace hive::sandbox
