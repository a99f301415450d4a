// A connection's bytes after CAF has taken over: frames of its binary protocol. The first byte selects how the stream
// is cut into pieces.
//
// Promises: the filter's verdict on a stream does not depend on how it is cut, and nothing after a refused frame
// passes.

#include "actors/hive/link/frame_filter.hpp"
#include "messages/ec.hpp"
#include "tests/fuzz/fuzz_target.hpp"

#include <random>

namespace {

using namespace hive;

constexpr caf::actor_id allowed = 5;

std::shared_ptr<const actor_allowlist> one_actor() {
  auto out = std::make_shared<actor_allowlist>();
  out->add(allowed);
  return out;
}

ec judge_whole(std::string_view stream) {
  frame_filter filter{one_actor()};
  return code_of(filter.pass(stream));
}

ec judge_in_pieces(std::string_view stream, uint32_t seed) {
  frame_filter filter{one_actor()};
  std::mt19937 random{seed};
  while (!stream.empty()) {
    auto length = std::min<size_t>(stream.size(), 1 + random() % 40);
    if (auto refused = filter.pass(stream.substr(0, length)))
      return code_of(refused);
    stream.remove_prefix(length);
  }
  return ec::none;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0)
    return 0;
  auto stream = fuzz::text_of(data + 1, size - 1);
  fuzz::require(judge_whole(stream) == judge_in_pieces(stream, data[0]), "a stream is judged alike in any pieces");
  return 0;
}
