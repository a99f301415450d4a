#include "messages/node.capnp.h"
#include "tests/cluster/hived_process.hpp"
#include "tests/support/files.hpp"
#include "tests/support/seed.hpp"
#include "tests/support/soak.hpp"
#include "tests/support/temporary_directory.hpp"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <gtest/gtest.h>
#include <map>
#include <random>
#include <set>
#include <thread>

// kill -9 at random moments while clients capture and import. Afterwards, acknowledged snapshots must be there, byte
// for byte; others may be there, but only complete ones. HIVE_SOAK=1 takes the full count of kills, HIVE_SEED repeats a
// run.

namespace hive::cluster {
namespace {

constexpr size_t kills_normally = 15;
constexpr size_t kills_when_soaking = 200;
/// One start in this many is killed before the node is ready.
constexpr size_t starts_per_early_kill = 5;
constexpr int longest_life_ms = 400;
/// One more than the node's limit of concurrent captures, so that some are refused.
constexpr size_t clients = 5;
constexpr size_t capturing_clients = 2;
/// All metrics of a snapshot have the same stamp, so that a mixture of two snapshots would be noticed.
constexpr uint32_t metrics_per_snapshot = 40;
/// Number of earlier versions that are read again after each kill; at the end all are.
constexpr size_t reread = 40;

/// What the clients know about one version.
struct history {
  uint32_t attempts = 0;     ///< requests that may have been executed
  uint32_t acknowledged = 0; ///< answered with success
  std::string last;          ///< the snapshot last acknowledged
  uint64_t last_capture = 0;
  bool in_doubt = false; ///< the newest attempt was not answered

  bool may_be_absent() const {
    return acknowledged == 0;
  }
};

using histories = std::map<std::string, history>;

/// An adapter that starts no processes; all its values are its process id.
std::string stamping_script() {
  return "i=0; sep=''; printf '{\"metrics\":{'; while [ $i -lt " + std::to_string(metrics_per_snapshot) +
         " ]; do printf '%s\"m%d\":{\"value\":%d,\"direction\":\"higher\"}' \"$sep\" $i $$; sep=,; i=$((i+1)); done; "
         "printf '}}'";
}

/// A snapshot of some 20 KB in which all numbers are equal.
std::string import_body(uint32_t stamp) {
  auto figure = std::to_string(stamp);
  std::string samples = figure;
  for (int i = 0; i < 50; ++i)
    samples += "," + figure;
  std::string metrics;
  for (uint32_t i = 0; i < metrics_per_snapshot; ++i)
    metrics += (i ? "," : "") + json_string("m" + std::to_string(i)) + ":{\"value\":" + figure +
               ",\"direction\":\"lower\",\"unit\":\"ms\",\"adapter\":\"elsewhere\",\"samples\":[" + samples + "]}";
  return "{\"git_sha\":\"abc\",\"tier\":\"fast\",\"metrics\":{" + metrics +
         "},\"adapters\":{\"elsewhere\":{\"status\":\"ok\",\"duration_s\":1}}}";
}

/// Checks that all metrics are there and have the same stamp.
void expect_whole(const msg<wire::Snapshot>& snapshot) {
  auto metrics = snapshot->getMetrics();
  ASSERT_EQ(metrics.size(), metrics_per_snapshot) << to_json(snapshot);
  std::set<std::string> names;
  for (auto metric : metrics) {
    names.insert(metric.getName().cStr());
    EXPECT_EQ(metric.getValue(), metrics[0].getValue());
    for (double sample : metric.getSamples())
      EXPECT_EQ(sample, metrics[0].getValue());
  }
  EXPECT_EQ(names.size(), metrics_per_snapshot);
  EXPECT_GT(snapshot->getCaptureId(), 0u);
}

/// One client: writes until it is told to stop or the node has gone.
class client {
public:
  client(const hived_process& node, std::string prefix, bool captures, uint64_t seed, const std::atomic<bool>& stop)
      : node_{node}, prefix_{std::move(prefix)}, captures_{captures}, random_{seed}, stop_{stop} {
  }

  void run() {
    while (!stop_ && write(pick_version())) {
    }
  }

  const histories& known() const {
    return known_;
  }
  /// Answers that are neither success nor an expected refusal.
  const std::vector<std::string>& surprises() const {
    return surprises_;
  }

private:
  /// A new version, or one that this client has written before.
  std::string pick_version() {
    if (known_.empty() || random_() % 3 == 0)
      return prefix_ + std::to_string(known_.size());
    return prefix_ + std::to_string(random_() % known_.size());
  }

  reply send(const std::string& version) {
    if (captures_)
      return node_.post("/api/v1/snapshots", R"({"version":)" + json_string(version) + R"(,"git_sha":"abc"})");
    return node_.put("/api/v1/snapshots/" + version, import_body(static_cast<uint32_t>(random_() % 1'000'000)));
  }

  /// False when the node has gone.
  bool write(const std::string& version) {
    auto answer = send(version);
    if (answer.status == 503) { // too many concurrent captures: nothing was done
      std::this_thread::sleep_for(1ms);
      return true;
    }
    auto& entry = known_[version];
    ++entry.attempts;
    entry.in_doubt = answer.status != 200 && answer.status != 201;
    if (!entry.in_doubt) {
      ++entry.acknowledged;
      entry.last = answer.body;
      entry.last_capture = answer.as<wire::Snapshot>()->getCaptureId();
    } else if (answer.status != 0) {
      surprises_.push_back(version + ": " + answer.body);
    }
    return !entry.in_doubt;
  }

  const hived_process& node_;
  std::string prefix_;
  bool captures_;
  std::mt19937_64 random_;
  const std::atomic<bool>& stop_;
  histories known_;
  std::vector<std::string> surprises_;
};

class crash : public testing::Test {
protected:
  void write_until_killed(size_t round) {
    std::atomic<bool> stop = false;
    std::vector<client> writers;
    for (size_t i = 0; i < clients; ++i)
      writers.emplace_back(*node_, "r" + std::to_string(round) + "-c" + std::to_string(i) + "-", i < capturing_clients,
                           random_(), stop);
    std::vector<std::thread> threads;
    for (auto& writer : writers)
      threads.emplace_back([&writer] { writer.run(); });
    std::this_thread::sleep_for(std::chrono::milliseconds(random_() % longest_life_ms));
    node_->kill();
    stop = true;
    for (auto& thread : threads)
      thread.join();
    newest_.clear();
    for (const auto& writer : writers) {
      EXPECT_TRUE(writer.surprises().empty()) << writer.surprises().front();
      for (const auto& [version, entry] : writer.known()) {
        acknowledged_ += entry.acknowledged;
        newest_.push_back(version);
        known_.emplace(version, entry);
      }
    }
  }

  void start() {
    node_.emplace(hived_options{.directory = temp_.path()});
    if (random_() % starts_per_early_kill == 0) {
      std::this_thread::sleep_for(std::chrono::microseconds(random_() % (1 + startup_.count())));
      node_->kill();
      ++early_kills_;
      node_.emplace(hived_options{.directory = temp_.path()});
    }
    auto began = std::chrono::steady_clock::now();
    node_->await_ready();
    startup_ = std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - began);
    auto epoch = node_->get("/healthz").as<wire::Health>()->getEpoch();
    EXPECT_GT(epoch, epoch_);
    epoch_ = epoch;
  }

  histories listed() {
    histories out;
    for (std::string after, more = "yes"; !more.empty();) {
      auto page = node_->get("/api/v1/snapshots?limit=1000" + after).as<wire::SnapshotList>();
      for (auto summary : page->getSnapshots()) {
        EXPECT_EQ(summary.getMetricCount(), metrics_per_snapshot) << summary.getVersion().cStr();
        auto& entry = out[summary.getVersion().cStr()];
        entry.acknowledged = summary.getCaptures();
        entry.last_capture = summary.getCaptureId();
      }
      more = page->getNext().cStr();
      after = "&after=" + more;
    }
    return out;
  }

  void expect_list_agrees() {
    auto found = listed();
    for (const auto& [version, entry] : known_) {
      auto captures = found.contains(version) ? found[version].acknowledged : 0;
      EXPECT_GE(captures, entry.acknowledged) << version;
      EXPECT_LE(captures, entry.attempts) << version;
      if (!entry.in_doubt) {
        EXPECT_EQ(found[version].last_capture, entry.last_capture) << version;
      }
    }
    for (const auto& [version, _] : found)
      EXPECT_TRUE(known_.contains(version)) << version << " was never asked for";
  }

  void expect_kept(const std::string& version) {
    SCOPED_TRACE(version);
    const auto& entry = known_.at(version);
    auto answer = node_->get("/api/v1/snapshots/" + version);
    ++verified_;
    if (answer.status == 404) {
      EXPECT_TRUE(entry.may_be_absent());
      return;
    }
    ASSERT_EQ(answer.status, 200) << answer.body;
    if (answer.body == entry.last)
      return;
    EXPECT_TRUE(entry.in_doubt) << "another snapshot than the acknowledged one:\n" << entry.last << answer.body;
    auto snapshot = answer.as<wire::Snapshot>();
    EXPECT_GT(snapshot->getCaptureId(), entry.last_capture);
    expect_whole(snapshot);
  }

  void verify_newest_and_some() {
    expect_list_agrees();
    for (const auto& version : newest_)
      expect_kept(version);
    std::vector<std::string> all;
    for (const auto& [version, _] : known_)
      all.push_back(version);
    std::shuffle(all.begin(), all.end(), random_);
    all.resize(std::min(all.size(), reread));
    for (const auto& version : all)
      expect_kept(version);
  }

  /// Checks that no capture number was assigned twice, even across crashes.
  void expect_distinct_numbers() {
    std::set<uint64_t> seen;
    for (const auto& [version, entry] : known_)
      if (entry.acknowledged > 0) {
        EXPECT_TRUE(seen.insert(entry.last_capture).second) << version << " has number " << entry.last_capture;
      }
  }

  temporary_directory temp_;
  std::string mark_ = temp_.path().filename().string() + "-child";
  const uint32_t seed_ = random_seed();
  std::mt19937_64 random_{seed_};
  std::optional<hived_process> node_;
  histories known_;
  std::vector<std::string> newest_; ///< versions written in the last round
  uint64_t epoch_ = 0;
  std::chrono::microseconds startup_{100'000};
  size_t acknowledged_ = 0;
  size_t verified_ = 0;
  size_t early_kills_ = 0;
};

TEST_F(crash, what_was_acknowledged_survives_kill_9_and_nothing_is_half_there) {
  auto kills = is_soak() ? kills_when_soaking : kills_normally;
  std::printf("seed %u\n", seed_);
  auto began = std::chrono::steady_clock::now();
  start();
  register_script(*node_, "stamp", stamping_script(), mark_);
  for (size_t round = 0; round < kills && !HasFailure(); ++round) {
    SCOPED_TRACE("round " + std::to_string(round));
    write_until_killed(round);
    start();
    verify_newest_and_some();
  }
  for (const auto& [version, _] : known_)
    expect_kept(version);
  expect_distinct_numbers();
  EXPECT_GT(acknowledged_, kills) << "the clients hardly wrote: the kills proved nothing";
  node_->kill();
  EXPECT_TRUE(wait_until([&] { return processes_marked(mark_).empty(); })) << "adapters outlive their node";
  std::printf("kills %zu while writing, %zu while starting; acknowledged %zu snapshots of %zu versions; verified %zu "
              "times; %.1f s\n",
              kills, early_kills_, acknowledged_, known_.size(), verified_,
              std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count());
}

} // namespace
} // namespace hive::cluster
