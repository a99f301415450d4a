#pragma once

#include "apps/hivectl/output.hpp"
#include "messages/gpu.capnp.h"

namespace hive::ctl {

/// The GPUs as a table, or why there is none.
void show_gpus(wire::GpuList::Reader list, output& out);

/// Leases that have not ended, and requests that wait.
void show_leases(wire::LeaseList::Reader list, output& out);

/// One lease in lines, with its token if that is known.
void show_lease(wire::Lease::Reader lease, output& out);

/// What a request waits for, in lines.
void show_explanation(wire::LeaseExplanation::Reader why, output& out);

/// The same in one line.
std::string describe_wait(wire::LeaseExplanation::Reader why);

/// A table of leases that have ended.
class history_table {
public:
  history_table();
  void add(wire::Lease::Reader lease, const output& out);
  const table& rows() const {
    return rows_;
  }

private:
  table rows_;
};

} // namespace hive::ctl
