#include "actors/engines/spawned_answers.hpp"

#include "messages/benchmark.capnp.h"
#include "messages/research.capnp.h"

namespace hive {
namespace {

void fill(capnp::List<wire::Spawned>::Builder out, const std::vector<const spawned_record*>& records) {
  for (uint32_t i = 0; i < out.size(); ++i)
    records[i]->describe(out[i]);
}

uint32_t size_of(const std::vector<const spawned_record*>& records) {
  return static_cast<uint32_t>(records.size());
}

} // namespace

msg<wire::Spawned> describe(const spawned_record& record) {
  return msg<wire::Spawned>::build([&](wire::Spawned::Builder out) { record.describe(out); });
}

msg<wire::SpawnedResult> describe_result(const spawned_record& record) {
  return msg<wire::SpawnedResult>::build([&](wire::SpawnedResult::Builder out) {
    record.describe(out.initSpawned());
    if (record.measurement)
      out.setMeasurement(**record.measurement);
    if (record.report)
      out.setReport(**record.report);
  });
}

msg<wire::SpawnedList> describe_all(const std::vector<const spawned_record*>& records) {
  return msg<wire::SpawnedList>::build(
    [&](wire::SpawnedList::Builder out) { fill(out.initSpawned(size_of(records)), records); });
}

msg<wire::SpawnedKept> describe_kept(const std::vector<const spawned_record*>& known,
                                     const std::vector<std::string>& gone) {
  return msg<wire::SpawnedKept>::build([&](wire::SpawnedKept::Builder out) {
    fill(out.initSpawned(size_of(known)), known);
    auto list = out.initGone(static_cast<uint32_t>(gone.size()));
    for (uint32_t i = 0; i < list.size(); ++i)
      list.set(i, gone[i]);
  });
}

msg<wire::SpawnedEnded> describe_end(const std::string& id) {
  return msg<wire::SpawnedEnded>::build([&](wire::SpawnedEnded::Builder out) { out.setId(id); });
}

} // namespace hive
