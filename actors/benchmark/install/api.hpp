#pragma once

// Benchmarks that are installed from git repositories.

#include "messages/fwd.hpp"

#include <caf/replies_to.hpp>
#include <caf/typed_actor.hpp>

namespace hive::wire {
struct BenchmarkInfo;
struct BenchmarkName;
struct Install;
struct InstallBenchmark;
struct InstallList;
struct InstallListQuery;
struct InstallQuery;
struct StartInstall;
} // namespace hive::wire

namespace hive {

struct install_step;

/// Installs benchmarks from git repositories, keeps them, and offers them to the registry.
using installer_actor = caf::typed_actor<
  // Installs a benchmark, or another commit of it, durably; answers when captures can measure with it. ec::forbidden
  // for a URL or a permission that the node does not allow, ec::invalid for any other fault of the request, ec::busy
  // while an install of this name runs, ec::overloaded when too many wait, ec::already_exists when an adapter of
  // another kind has the name; else the error of the step that failed.
  caf::replies_to<msg<wire::InstallBenchmark>>::with<msg<wire::Install>>,
  // The same, but answers as soon as it is accepted.
  caf::replies_to<msg<wire::StartInstall>>::with<msg<wire::Install>>,
  // One benchmark at its present stage, or ec::not_found.
  caf::replies_to<msg<wire::InstallQuery>>::with<msg<wire::Install>>,
  // All, by name.
  caf::replies_to<msg<wire::InstallListQuery>>::with<msg<wire::InstallList>>,
  // Removes an installed benchmark, durably; what it measured is kept. ec::not_found; ec::busy while an install of this
  // name runs.
  caf::replies_to<msg<wire::BenchmarkName>>::with<msg<wire::BenchmarkInfo>>,
  // internal: a running install has reached another step.
  caf::reacts_to<install_step>>;

} // namespace hive
