#include "actors/tracker/task_results.hpp"

namespace hive {
namespace {

/// The most frequent answer, built once.
const msg<wire::TasksRecorded>& one_recorded() {
  static const auto answer =
    msg<wire::TasksRecorded>::build([](wire::TasksRecorded::Builder out) { out.setRecorded(1); });
  return answer;
}

} // namespace

void task_results::add(uint32_t place, admission what) {
  recorded_ += what.what == admission::outcome::recorded;
  if (what.what == admission::outcome::duplicate)
    duplicates_.push_back(place);
  if (what.what == admission::outcome::rejected)
    rejected_.emplace_back(place, std::move(what.reason));
}

msg<wire::TasksRecorded> task_results::answer() const {
  if (recorded_ == 1 && duplicates_.empty() && rejected_.empty())
    return one_recorded();
  return msg<wire::TasksRecorded>::build([&](wire::TasksRecorded::Builder out) {
    out.setRecorded(recorded_);
    out.setDuplicates(static_cast<uint32_t>(duplicates_.size()));
    if (!duplicates_.empty())
      out.setDuplicateLines({duplicates_.data(), duplicates_.size()});
    auto list = out.initRejected(static_cast<uint32_t>(rejected_.size()));
    for (uint32_t i = 0; i < list.size(); ++i) {
      list[i].setLine(rejected_[i].first);
      list[i].setReason(rejected_[i].second);
    }
  });
}

} // namespace hive
