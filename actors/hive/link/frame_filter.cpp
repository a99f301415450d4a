#include "actors/hive/link/frame_filter.hpp"

#include "actors/defaults.hpp"
#include "messages/ec.hpp"

#include <algorithm>
#include <caf/io/basp/header.hpp>

namespace hive {
namespace {

namespace basp = caf::io::basp;

// Offsets in a BASP header of CAF 0.17.6; numbers are big-endian.
constexpr size_t operation_at = 0;
constexpr size_t flags_at = 3;
constexpr size_t payload_at = 4;
constexpr size_t receiver_at = 24;

uint64_t number_at(const unsigned char* from, size_t size) {
  uint64_t out = 0;
  for (size_t i = 0; i < size; ++i)
    out = out << 8 | from[i];
  return out;
}

} // namespace

caf::error frame_filter::judge() const {
  static_assert(std::tuple_size_v<decltype(header_)> == basp::header_size);
  if (auto size = number_at(header_.data() + payload_at, 4); size > defaults::max_frame_bytes)
    return fail(ec::too_large, "it sent a frame of " + std::to_string(size) + " bytes; the limit is " +
                                 std::to_string(defaults::max_frame_bytes));
  auto receiver = number_at(header_.data() + receiver_at, 8);
  switch (static_cast<basp::message_type>(header_[operation_at])) {
  case basp::message_type::client_handshake:
  case basp::message_type::server_handshake:
  case basp::message_type::monitor_message: // only reports when the actor ends
  case basp::message_type::down_message:
  case basp::message_type::heartbeat:
    return caf::none;
  case basp::message_type::direct_message:
    // The only named actor is the spawn_refuser.
    if ((header_[flags_at] & basp::header::named_receiver_flag) != 0 || !allowlist_ || allowlist_->contains(receiver))
      return caf::none;
    return fail(ec::forbidden, "it sent to actor " + std::to_string(receiver) + ", which is not within its reach");
  case basp::message_type::routed_message:
    return fail(ec::forbidden, "it sent a message for another node through this one");
  }
  return fail(ec::malformed, "it sent something that CAF does not know");
}

caf::error frame_filter::pass(std::string_view bytes) {
  while (!bytes.empty()) {
    if (payload_left_ > 0) {
      auto skipped = std::min<size_t>(payload_left_, bytes.size());
      payload_left_ -= static_cast<uint32_t>(skipped);
      bytes.remove_prefix(skipped);
      continue;
    }
    auto taken = std::min(header_.size() - have_, bytes.size());
    std::copy_n(bytes.begin(), taken, header_.begin() + static_cast<ptrdiff_t>(have_));
    have_ += taken;
    bytes.remove_prefix(taken);
    if (have_ < header_.size())
      continue;
    if (auto wrong = judge())
      return wrong;
    have_ = 0;
    payload_left_ = static_cast<uint32_t>(number_at(header_.data() + payload_at, 4));
  }
  return caf::none;
}

} // namespace hive
