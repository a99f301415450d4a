#pragma once

#include "actors/benchmark/adapter_definition.hpp"
#include "actors/benchmark/install/install_files.hpp"
#include "actors/benchmark/install/install_options.hpp"
#include "actors/benchmark/run_adapter.hpp"
#include "messages/install.capnp.h"

#include <caf/fwd.hpp>
#include <memory>

namespace hive {

/// The adapter of an installed benchmark, without an owner. Each measurement runs in a sandbox, in a fresh copy of the
/// installed files, so that no run changes the install or sees another run. `directory` stays while an adapter uses it.
///
/// Errors of a measurement name the command or the metrics file: ec::process_failed, ec::timed_out, ec::not_found for
/// a missing file, ec::too_large, ec::forbidden and ec::unsupported for one that is no regular file of the tree, and
/// like read_result_file.
adapter_definition installed_adapter_definition(caf::actor_system& system, run_adapter_services services,
                                                const install_options& options,
                                                const msg<wire::InstalledBenchmark>& installed,
                                                std::shared_ptr<install_files::installed_directory> directory);

} // namespace hive
