#include "actors/engine_client/gpu_lease_impl.hpp"

#include "actors/engine_client/requests.hpp"
#include "messages/baseline.capnp.h"
#include "messages/door.capnp.h"
#include "messages/ec.hpp"
#include "messages/engine.capnp.h"
#include "messages/runs.capnp.h"
#include "messages/text.hpp"
#include "messages/tracker.capnp.h"

#include <caf/all.hpp>

namespace hive {
namespace {

std::string joined_uuids(const std::vector<leased_gpu>& devices) {
  std::string out;
  for (const auto& each : devices)
    out.append(out.empty() ? "" : ",").append(each.uuid);
  return out;
}

} // namespace

std::vector<leased_gpu> devices_of(wire::Lease::Reader lease) {
  std::vector<leased_gpu> out;
  for (auto each : lease.getDevices())
    out.push_back({std::string{as_view(each.getUuid())}, std::string{as_view(each.getName())}, each.getVramMib(),
                   each.getMinorNumber(), each.getSimulated()});
  return out;
}

gpu_lease::gpu_lease(std::unique_ptr<impl> state) : impl_{std::move(state)} {
}

gpu_lease::gpu_lease(gpu_lease&&) noexcept = default;

gpu_lease& gpu_lease::operator=(gpu_lease&& other) noexcept {
  gpu_lease before{std::move(*this)};
  impl_ = std::move(other.impl_);
  return *this;
}

gpu_lease::~gpu_lease() {
  if (!impl_)
    return;
  impl_->status->silence();
  release();
}

const std::string& gpu_lease::id() const {
  return impl_->id;
}

const std::string& gpu_lease::token() const {
  return impl_->token;
}

const node_id& gpu_lease::node() const {
  return impl_->node;
}

const std::vector<leased_gpu>& gpu_lease::devices() const {
  return impl_->devices;
}

const msg<wire::Lease>& gpu_lease::record() const {
  return impl_->record;
}

std::vector<std::pair<std::string, std::string>> gpu_lease::environment() const {
  return {{"CUDA_VISIBLE_DEVICES", joined_uuids(impl_->devices)},
          {"HIVE_LEASE_ID", impl_->id},
          {"HIVE_LEASE_TOKEN", impl_->token},
          {"HIVE_LEASE_VRAM_MIB", std::to_string(impl_->record->getVramMib())}};
}

caf::error gpu_lease::ready() {
  auto renewal = msg<wire::RenewLease>::build([&](wire::RenewLease::Builder out) {
    out.setId(impl_->id);
    out.setToken(impl_->token);
    out.setReady(true);
  });
  auto renewed = request_blocking<msg<wire::Lease>>(impl_->system, impl_->session, renewal, impl_->timeout);
  return renewed ? caf::error{} : renewed.error();
}

bool gpu_lease::is_lost() const {
  return impl_->status->is_lost();
}

std::string gpu_lease::why_lost() const {
  return impl_->status->why_lost();
}

caf::error gpu_lease::release() {
  if (impl_->is_given_back.exchange(true))
    return caf::none;
  caf::anon_send_exit(impl_->keeper, caf::exit_reason::user_shutdown);
  if (impl_->status->has_ended())
    return caf::none;
  auto what = msg<wire::ReleaseLease>::build([&](wire::ReleaseLease::Builder out) {
    out.setId(impl_->id);
    out.setToken(impl_->token);
  });
  auto released = request_blocking<msg<wire::Lease>>(impl_->system, impl_->session, what, impl_->timeout);
  impl_->status->lose("it was given back");
  if (released)
    return caf::none;
  auto code = code_of(released.error());
  return code == ec::not_found || code == ec::conflict ? caf::error{} : released.error();
}

} // namespace hive
