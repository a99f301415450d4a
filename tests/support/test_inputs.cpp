#include "tests/support/test_inputs.hpp"

#include "actors/store/committer.hpp"

#include <stdexcept>

namespace hive {
namespace {

std::shared_ptr<database> open(const std::filesystem::path& directory) {
  auto opened = database::open({.directory = directory / "store"});
  if (!opened)
    throw std::runtime_error(text_of(opened.error()));
  return std::move(*opened);
}

} // namespace

test_inputs::test_inputs() : db{open(temp.path())} {
  committer = spawn_committer(tests.system(), {db});
  actor = spawn_inputs(tests.system(), {db, committer});
}

test_inputs::~test_inputs() {
  for (const auto& adapter : adapters_)
    caf::anon_send_exit(adapter, caf::exit_reason::user_shutdown);
  caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
  caf::anon_send_exit(committer, caf::exit_reason::user_shutdown);
}

caf::expected<msg<wire::Measurement>> test_inputs::measure(adapter_actor adapter, uint32_t repeats) {
  adapters_.push_back(adapter);
  auto request = msg<wire::MeasureRequest>::build([&](auto out) { out.setRepeats(repeats); });
  return tests.ask<msg<wire::Measurement>>(adapter, request);
}

} // namespace hive
