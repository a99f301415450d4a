#pragma once

#include "actors/benchmark/install/install_options.hpp"
#include "actors/process/sandbox.hpp"
#include "messages/benchmark.capnp.h"
#include "messages/install.capnp.h"
#include "messages/msg.hpp"

#include <caf/error.hpp>
#include <caf/expected.hpp>
#include <filesystem>
#include <string>
#include <vector>

/// The commands of an install and of the benchmark that it brings. Pure. All but hive-fetch run in a sandbox.
namespace hive::install_commands {

/// Where a sandbox shows the files and the virtual environment: the same while they are made and when they are used.
inline constexpr const char* inner_tree = "/benchmark";
inline constexpr const char* inner_venv = "/venv";

/// Why the request cannot be accepted; none when it can. ec::invalid with the field, or ec::forbidden with the key of
/// the configuration that would allow it.
caf::error check(wire::InstallBenchmark::Reader request, const install_options& options);

msg<wire::RunCommand> probe(const install_options& options);
msg<wire::RunCommand> fetch(wire::InstallBenchmark::Reader request, const install_options& options,
                            const std::filesystem::path& into);
/// What hive-fetch printed: the result, or the error that it names. ec::process_failed when it printed nothing usable.
caf::expected<msg<wire::FetchResult>> read_fetch(wire::RunResult::Reader result);

/// Makes the virtual environment; and installs requirements.txt into it, with network only if an index needs it.
msg<wire::RunCommand> make_venv(const install_options& options, const std::filesystem::path& staged);
msg<wire::RunCommand> install_requirements(const install_options& options, const std::filesystem::path& staged);
msg<wire::RunCommand> build(wire::InstallBenchmark::Reader request, const install_options& options,
                            const std::filesystem::path& staged, bool has_venv);

struct sandboxed_command {
  std::vector<std::string> command;
  sandbox::options sandbox;
};

/// The command that measures in `tree`, which it may change, with `venv` unless that is empty.
sandboxed_command measure(wire::InstallBenchmark::Reader request, const std::filesystem::path& tree,
                          const std::filesystem::path& venv);

/// Why a sandboxed command did not succeed; none when it did.
caf::error refuse_failed(const std::string& what, wire::RunResult::Reader result);

} // namespace hive::install_commands
