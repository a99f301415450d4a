#include "apps/hived/wiring/gpu_group.hpp"

#include "actors/gpu/gpu_slots.hpp"
#include "actors/gpu/probe_process.hpp"
#include "actors/gpu/scheduler.hpp"
#include "actors/http/gpu_routes.hpp"
#include "messages/ec.hpp"

#include <caf/all.hpp>

namespace hive {
namespace {

constexpr const char* program = "hive-gpu-probe";

/// The probe that was installed with this program.
std::filesystem::path beside_this_program() {
  std::error_code failed;
  auto self = std::filesystem::read_symlink("/proc/self/exe", failed);
  return failed ? program : self.parent_path() / program;
}

gpu_probe_options describe_probe(const node_context& node) {
  const auto& config = node.config.gpu;
  gpu_probe_options out;
  out.program = config.probe.empty() ? beside_this_program() : config.probe;
  out.library = config.library;
  // as other programs: some iterate over all possible descriptors
  out.limits.push_back({RLIMIT_NOFILE, node.descriptors.inherited, true});
  return out;
}

std::string reason_of(const caf::error& error) {
  return code_of(error) == ec::unavailable ? text_of(error) : "the GPU probe has not reported in time";
}

} // namespace

std::vector<service> gpu_group::services() {
  return {make_service("gpu_probe", probe_, [this] { return start_probe(); }),
          make_service("gpu_scheduler", scheduler, [this] { return start_scheduler(); })};
}

std::vector<slot_topic> gpu_group::topics() const {
  return {{gpu_rules(), {}, scheduler}};
}

std::vector<http::route> gpu_group::routes() const {
  return http::gpu_routes(scheduler);
}

gpu_probe_actor gpu_group::start_probe() {
  auto out = spawn_gpu_probe(node_.system, {stuck_}, describe_probe(node_));
  caf::scoped_actor self{node_.system};
  self->request(out, defaults::first_gpu_report_timeout, gpu_latest_atom::value)
    .receive([this](const msg<wire::GpuReport>& report) { node_.gpus->set(report); },
             [this](const caf::error& error) { node_.gpus->set_unknown(reason_of(error)); });
  return out;
}

/// Ids and tokens of leases begin with the epoch, so a restarted scheduler needs a new epoch.
caf::expected<gpu_scheduler_actor> gpu_group::start_scheduler() {
  if (scheduler)
    if (auto failure = base_.begin_next_epoch())
      return failure;
  gpu_scheduler_options options;
  options.node = node_.identity.id;
  options.keys = node_.identity.keys;
  options.ledger.epoch = node_.identity.epoch;
  options.simulated = node_.config.gpu.simulated;
  options.island = node_.config.gpu.island;
  return spawn_gpu_scheduler(node_.system, {base_.db, base_.committer, base_.events, probe_}, std::move(options));
}

} // namespace hive
