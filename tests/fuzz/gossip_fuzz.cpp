// Deltas whose slots are correctly signed but have any content: what a node with a valid key can send. The input is a
// program: each instruction creates a slot, sends some, or restarts the liar.
//
// Promises: a replica accepts nothing twice, other replicas accept all that it passes on, and replicas with equal
// contents have equal roots.

#include "actors/hive/core/gossip_exchange.hpp"
#include "tests/actors/hive/hive_test.hpp"
#include "tests/fuzz/fuzz_target.hpp"

namespace {

using namespace hive;

constexpr uint64_t liar = 13;
constexpr size_t max_instructions = 64;

/// Reads the input from front to back; after its end come zeros.
class program {
public:
  program(const uint8_t* data, size_t size) : at_{data}, end_{data + size} {
  }

  bool has_more() const {
    return at_ != end_;
  }

  uint8_t byte() {
    return at_ == end_ ? 0 : *at_++;
  }

  std::string bytes(size_t most) {
    size_t wanted = byte() % (most + 1); // read first, so that it does not depend on how much input is left
    auto size = std::min(wanted, static_cast<size_t>(end_ - at_));
    std::string out{reinterpret_cast<const char*>(at_), size};
    at_ += size;
    return out;
  }

private:
  const uint8_t* at_;
  const uint8_t* end_;
};

class lying {
public:
  explicit lying(program& input) : input_{input} {
    told_.push_back(signed_slot(keys_of(liar), card_name(), {epoch_, ++version_}, card_payload("liar")));
  }

  void step() {
    switch (input_.byte() % 4) {
    case 0:
      return add_slot();
    case 1:
      return tell(*forged_delta{keys_of(liar).public_part(), {}, told_, nullptr}.make());
    case 2:
      return tell(*forged_delta::one_part_each(keys_of(liar).public_part(), told_));
    default:
      epoch_ += input_.byte();
    }
  }

  void check() const {
    auto fresh = make_replica(2);
    for (int i = 0; i < 8; ++i) // a delta with many slots is pulled in several parts
      for (const auto& refused : pull(fresh, victim_, static_cast<uint64_t>(i)).refused)
        fuzz::require(refused.at_fault != culprit::sender, "what an honest replica passes on is not held against it");
    auto copy = fresh;
    while (exchange(copy, fresh)) {
    }
    fuzz::require(content_of(copy) == content_of(fresh), "equal roots mean equal contents");
  }

private:
  void add_slot() {
    slot_name name{slot_kind{input_.byte()}, input_.bytes(32)};
    write_stamp stamp{epoch_ + input_.byte() % 2, input_.byte() % 3 == 0 ? version_ : ++version_};
    auto payload = input_.bytes(255);
    if (input_.byte() % 2 == 0) // otherwise the payload is not even a packed message
      payload = to_packed(msg<wire::SharedTools>::build([&](wire::SharedTools::Builder out) {
        auto tool = out.initTasks(1)[0].initTools(1)[0];
        tool.setToolName(payload);
        tool.setSampleCount(input_.byte());
      }));
    told_.push_back(signed_slot(keys_of(liar), std::move(name), stamp, std::move(payload)));
  }

  void tell(wire::HiveDelta::Reader delta) {
    auto loaded = msg<wire::HiveDelta>::load(msg<wire::HiveDelta>::copy_of(delta).bytes());
    if (!loaded)
      return;
    victim_.join(**loaded, test_now, id_of(keys_of(3)));
    auto root = victim_.root();
    auto twice = victim_.join(**loaded, test_now, id_of(keys_of(3)));
    fuzz::require(twice.accepted.empty() || victim_.root() != root, "nothing is taken in twice");
  }

  program& input_;
  replica victim_ = make_replica(1);
  std::vector<slot_ptr> told_;
  uint64_t epoch_ = 1;
  uint64_t version_ = 0;
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  program input{data, size};
  lying scene{input};
  for (size_t i = 0; i < max_instructions && input.has_more(); ++i)
    scene.step();
  scene.check();
  return 0;
}
