#include "actors/engine_client/joined_records.hpp"

#include "messages/ec.hpp"

#include <optional>
#include <span>
#include <string>

namespace hive {
namespace {

/// What became of one record.
struct fate {
  bool is_duplicate = false;
  std::optional<capnp::Text::Reader> rejected; ///< why
};

using fates = std::vector<fate>;

caf::error does_not_fit(const std::string& why) {
  return fail(ec::malformed, "the node's answer about task records does not fit its question: " + why);
}

caf::expected<fates> read_fates(wire::TasksRecorded::Reader answer, size_t records) {
  auto duplicates = answer.getDuplicateLines();
  auto rejected = answer.getRejected();
  if (size_t{answer.getRecorded()} + duplicates.size() + rejected.size() != records ||
      duplicates.size() != answer.getDuplicates())
    return does_not_fit("it does not account for each of " + std::to_string(records) + " records");
  fates out(records);
  auto is_taken = [&](uint32_t line) {
    return line == 0 || line > records || out[line - 1].is_duplicate || out[line - 1].rejected;
  };
  for (auto line : duplicates) {
    if (is_taken(line))
      return does_not_fit("line " + std::to_string(line));
    out[line - 1].is_duplicate = true;
  }
  for (auto each : rejected) {
    if (is_taken(each.getLine()))
      return does_not_fit("line " + std::to_string(each.getLine()));
    out[each.getLine() - 1].rejected = each.getReason();
  }
  return out;
}

msg<wire::TasksRecorded> answer_of(std::span<const fate> records) {
  std::vector<uint32_t> duplicates, rejected;
  for (uint32_t i = 0; i < records.size(); ++i)
    if (records[i].is_duplicate)
      duplicates.push_back(i + 1);
    else if (records[i].rejected)
      rejected.push_back(i + 1);
  return msg<wire::TasksRecorded>::build([&](wire::TasksRecorded::Builder out) {
    out.setRecorded(static_cast<uint32_t>(records.size() - duplicates.size() - rejected.size()));
    out.setDuplicates(static_cast<uint32_t>(duplicates.size()));
    if (!duplicates.empty())
      out.setDuplicateLines({duplicates.data(), duplicates.size()});
    auto list = out.initRejected(static_cast<uint32_t>(rejected.size()));
    for (uint32_t i = 0; i < list.size(); ++i) {
      list[i].setLine(rejected[i]);
      list[i].setReason(*records[rejected[i] - 1].rejected);
    }
  });
}

/// The answer to messages whose records are all new.
class all_recorded {
public:
  const msg<wire::TasksRecorded>& of(uint32_t records) {
    if (answer_->getRecorded() != records)
      answer_ = msg<wire::TasksRecorded>::build([&](wire::TasksRecorded::Builder out) { out.setRecorded(records); });
    return answer_; // most messages have as many records as the one before, which share it
  }

private:
  msg<wire::TasksRecorded> answer_;
};

} // namespace

void joined_records::add(msg<wire::RecordTasks> more) {
  records_ += more->getTasks().size();
  messages_.push_back(std::move(more));
}

msg<wire::RecordTasks> joined_records::message() const {
  if (messages_.size() == 1)
    return messages_.front();
  return msg<wire::RecordTasks>::build([&](wire::RecordTasks::Builder out) {
    auto list = out.initTasks(static_cast<uint32_t>(records_));
    uint32_t place = 0;
    for (const auto& each : messages_)
      for (auto task : each->getTasks())
        list.setWithCaveats(place++, task);
  });
}

caf::expected<std::vector<msg<wire::TasksRecorded>>> joined_records::split(const msg<wire::TasksRecorded>& all) const {
  if (messages_.size() == 1)
    return std::vector{all};
  auto became = read_fates(*all, records_);
  if (!became)
    return became.error();
  std::vector<msg<wire::TasksRecorded>> out;
  out.reserve(messages_.size());
  all_recorded good;
  bool is_good = all->getRecorded() == records_;
  size_t begin = 0;
  for (const auto& each : messages_) {
    auto count = each->getTasks().size();
    out.push_back(is_good ? good.of(count) : answer_of(std::span{*became}.subspan(begin, count)));
    begin += count;
  }
  return out;
}

} // namespace hive
