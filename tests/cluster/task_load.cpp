#include "tests/cluster/task_load.hpp"

#include "messages/text.hpp"

#include <algorithm>
#include <charconv>
#include <gtest/gtest.h>

namespace hive::cluster {
namespace {

/// A tool appears in the delta once it has this many records for one task type.
constexpr uint64_t records_to_be_told = 5;

} // namespace

// -- drafts ---------------------------------------------------------------------

uint64_t task_draft::dice() const {
  // splitmix64
  uint64_t out = (uint64_t{writer} << 48) + number + 0x9e3779b97f4a7c15;
  out = (out ^ (out >> 30)) * 0xbf58476d1ce4e5b9;
  out = (out ^ (out >> 27)) * 0x94d049bb133111eb;
  return out ^ (out >> 31);
}

std::string task_draft::key() const {
  return "w" + std::to_string(writer) + "-" + std::to_string(number);
}

std::string task_draft::task_type() const {
  return "task" + std::to_string(dice() % 5);
}

std::string task_draft::tool() const {
  return "tool" + std::to_string(dice() / 5 % 7);
}

std::string task_draft::model() const {
  return dice() / 35 % 3 == 0 ? "" : "model" + std::to_string(dice() / 105 % 4);
}

uint64_t task_draft::time_us() const {
  return dice() / 420 % 100'000'000;
}

bool task_draft::success() const {
  return dice() % 11 != 0;
}

std::string task_draft::json() const {
  auto micros = std::to_string(time_us() % analysis::us_per_s);
  return R"({"task_type":")" + task_type() + R"(","tool_name":")" + tool() + R"(","model_name":")" + model() +
         R"(","completion_time_s":)" + std::to_string(time_us() / analysis::us_per_s) + "." +
         std::string(6 - micros.size(), '0') + micros + R"(,"success":)" + (success() ? "true" : "false") +
         R"(,"user_id":")" + key() + R"(","idempotency_key":")" + key() + "\"}";
}

std::optional<task_draft> task_draft::of(wire::TaskRecord::Reader record) {
  auto key = as_view(record.getIdempotencyKey());
  task_draft out;
  auto* end = key.data() + key.size();
  if (!key.starts_with('w'))
    return std::nullopt;
  auto writer = std::from_chars(key.data() + 1, end, out.writer);
  if (writer.ec != std::errc{} || writer.ptr == end)
    return std::nullopt;
  std::from_chars(writer.ptr + 1, end, out.number);
  bool is_the_same = key == out.key() && as_view(record.getUserId()) == key &&
                     as_view(record.getTaskType()) == out.task_type() && as_view(record.getToolName()) == out.tool() &&
                     as_view(record.getModelName()) == out.model() && record.getSuccess() == out.success() &&
                     analysis::to_micros(record.getCompletionTimeS()) == out.time_us();
  return is_the_same ? std::optional{out} : std::nullopt;
}

// -- writers --------------------------------------------------------------------

void task_writer::run(const hived_process& node, const std::atomic<bool>& stop) {
  while (!stop && step(node)) {
  }
}

bool task_writer::step(const hived_process& node) {
  auto what = send(node);
  if (what == outcome::busy)
    std::this_thread::sleep_for(std::chrono::milliseconds{1 + random_() % 20});
  return what != outcome::unanswered;
}

void task_writer::settle(const hived_process& node) {
  for (int attempts = 0; acknowledged_ < attempted_; ++attempts) {
    if (attempts == 1'000)
      throw std::runtime_error("writer " + std::to_string(id_) + " gets no acknowledgement");
    if (send(node) != outcome::acknowledged)
      std::this_thread::sleep_for(20ms);
  }
}

task_writer::outcome task_writer::send(const hived_process& node) {
  if (acknowledged_ == attempted_) {
    repeats_ = false;
    attempted_ += 1 + random_() % max_batch_;
  }
  auto answer = post(node);
  if (answer.status == 201) {
    take(answer);
    return outcome::acknowledged;
  }
  if (answer.status == 429 || answer.status == 503) {
    ++refusals_;
    if (answer.retry_after == 0s)
      surprises_.push_back("no Retry-After: " + answer.body);
    return outcome::busy;
  }
  repeats_ = true; // also for 504: the node waited for the disk and does not know the outcome
  if (answer.status == 504)
    return outcome::busy;
  if (answer.status != 0)
    surprises_.push_back(std::to_string(answer.status) + " " + answer.body);
  return outcome::unanswered;
}

/// Posts one record or several, in each of the forms that the API accepts.
reply task_writer::post(const hived_process& node) const {
  auto count = attempted_ - acknowledged_;
  auto form = acknowledged_ % 3;
  bool is_lines = form == 0 || (form == 1 && count == 1);
  std::string body = is_lines ? "" : "[";
  for (auto number = acknowledged_; number < attempted_; ++number) {
    body += task_draft{id_, number}.json();
    body += is_lines ? "\n" : number + 1 < attempted_ ? "," : "]";
  }
  bool is_one = form == 1 && count == 1;
  return node.request("POST", "/api/v1/tasks", body, is_lines && !is_one ? "application/x-ndjson" : "application/json");
}

void task_writer::take(const reply& answer) {
  auto kept = answer.as<wire::TasksRecorded>();
  auto sent = attempted_ - acknowledged_;
  bool adds_up = kept->getRecorded() + kept->getDuplicates() == sent && kept->getRejected().size() == 0;
  if (!adds_up || (!repeats_ && kept->getDuplicates() > 0))
    surprises_.push_back(std::to_string(sent) + (repeats_ ? " repeated" : " new") + " records: " + answer.body);
  duplicates_ += kept->getDuplicates();
  acknowledged_ = attempted_;
}

// -- audit ----------------------------------------------------------------------

void task_audit::read_new(const hived_process& node) {
  auto known = newest_;
  bool is_done = false;
  for (std::string after; !is_done;) {
    auto page = node.get("/api/v1/tasks?limit=1000" + after).as<wire::TaskPage>();
    for (auto record : page->getTasks()) {
      is_done = record.getSequence() <= known;
      if (is_done)
        break;
      newest_ = std::max(newest_, record.getSequence());
      take(record);
    }
    is_done = is_done || page->getNext().size() == 0;
    after = "&after=" + std::string{page->getNext().cStr()};
  }
}

void task_audit::take(wire::TaskRecord::Reader record) {
  ++records_;
  auto draft = task_draft::of(record);
  ASSERT_TRUE(draft) << "nobody sent " << to_json<wire::TaskRecord>(record);
  auto& found = found_[draft->writer];
  if (found.size() <= draft->number)
    found.resize(draft->number + 1);
  EXPECT_FALSE(found[draft->number]) << draft->key() << " is there twice";
  found[draft->number] = true;
  sums_[{record.getTaskType().cStr(), record.getToolName().cStr()}] +=
    analysis::sums_of_record(*analysis::to_micros(record.getCompletionTimeS()), record.getSuccess());
}

void task_audit::expect_kept(const std::vector<task_writer>& writers) const {
  uint64_t found_in_all = 0;
  for (const auto& writer : writers) {
    auto entry = found_.find(writer.id());
    auto found = entry == found_.end() ? std::vector<bool>{} : entry->second;
    EXPECT_LE(found.size(), writer.attempted()) << "of writer " << writer.id();
    found.resize(writer.attempted());
    for (uint64_t number = 0; number < writer.acknowledged(); ++number)
      EXPECT_TRUE(found[number]) << task_draft{writer.id(), number}.key() << " was acknowledged and is lost";
    found_in_all += static_cast<uint64_t>(std::count(found.begin(), found.end(), true));
  }
  EXPECT_EQ(found_in_all, records_);
}

void task_audit::expect_statistics(const hived_process& node) const {
  expect_summary(node.get("/api/v1/tools/summary").as<wire::ToolSummary>());
  auto delta = node.get("/api/v1/tools/delta");
  if (delta.status == 404) // no tool has five records yet
    EXPECT_TRUE(std::ranges::all_of(sums_, [](const auto& each) { return each.second.n < records_to_be_told; }));
  else
    expect_delta(delta.as<wire::LearningDelta>());
}

void task_audit::expect_summary(const msg<wire::ToolSummary>& summary) const {
  EXPECT_EQ(summary->getTotalBenchmarks(), records_);
  ASSERT_EQ(summary->getByTaskType().size(), sums_.size());
  for (auto line : summary->getByTaskType()) {
    auto counted = sums_.find({line.getTaskType().cStr(), line.getTool().cStr()});
    ASSERT_NE(counted, sums_.end()) << line.getTaskType().cStr() << " " << line.getTool().cStr();
    EXPECT_EQ(line.getTotal(), counted->second.n);
    EXPECT_NEAR(line.getSuccessRate(), counted->second.success_rate(), 0.00051);
    EXPECT_NEAR(line.getAvgTimeS(), counted->second.mean_time_s(), 0.0051);
  }
}

/// The sums must be exactly equal: they are integers.
void task_audit::expect_delta(const msg<wire::LearningDelta>& delta) const {
  size_t compared = 0;
  for (auto task : delta->getCodingBenchmarks())
    for (auto tool : task.getTools()) {
      auto counted = sums_.find({task.getTaskType().cStr(), tool.getToolName().cStr()});
      ASSERT_NE(counted, sums_.end());
      const auto& [name, sums] = *counted;
      SCOPED_TRACE(name.first + " " + name.second);
      auto told = tool.getSums();
      EXPECT_EQ(tool.getSampleCount(), sums.n);
      EXPECT_EQ(told.getSuccesses(), sums.successes());
      EXPECT_EQ(told.getTimeUs(), static_cast<uint64_t>(sums.time_us));
      EXPECT_EQ(told.getTimeUs2High(), static_cast<uint64_t>(sums.time_us2 >> 64));
      EXPECT_EQ(told.getTimeUs2Low(), static_cast<uint64_t>(sums.time_us2));
      EXPECT_EQ(told.getLogTimePpm(), static_cast<int64_t>(sums.log_ppm));
      ++compared;
    }
  auto is_told = [](const auto& each) { return each.second.n >= records_to_be_told; };
  EXPECT_EQ(compared, static_cast<size_t>(std::count_if(sums_.begin(), sums_.end(), is_told)));
}

} // namespace hive::cluster
