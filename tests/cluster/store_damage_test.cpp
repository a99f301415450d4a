#include "messages/change.hpp"
#include "messages/node.capnp.h"
#include "storage/database.hpp"
#include "storage/keys.hpp"
#include "storage/store_mark.hpp"
#include "tests/cluster/task_load.hpp"
#include "tests/support/files.hpp"
#include "tests/support/seed.hpp"
#include "tests/support/soak.hpp"
#include "tests/support/temporary_directory.hpp"

#include <algorithm>
#include <csignal>
#include <gmock/gmock.h>
#include <random>

// A node is killed, then one file below its data directory is removed, truncated or changed. The node then either
// starts with everything that it acknowledged, or refuses to start and names the file; there is no third outcome.
// HIVE_SOAK=1 changes more bytes, HIVE_SEED repeats a run.

namespace hive::cluster {
namespace {

namespace fs = std::filesystem;
using testing::AnyOf;
using testing::HasSubstr;

constexpr size_t flips_normally = 3;
constexpr size_t flips_when_soaking = 40;
/// Number of cases tried in parallel.
constexpr size_t lanes = 3;
constexpr uint32_t largest_batch = 50;

enum class damage { removed, halved, flipped };

struct damage_case {
  fs::path file; ///< relative to the data directory
  damage what;
  size_t at = 0; ///< the byte that is flipped
};

std::string text_of(const damage_case& what) {
  switch (what.what) {
  case damage::removed:
    return what.file.string() + " removed";
  case damage::halved:
    return what.file.string() + " cut to half";
  case damage::flipped:
    return "byte " + std::to_string(what.at) + " of " + what.file.string() + " flipped";
  }
  return {};
}

void apply(const damage_case& what, const fs::path& data) {
  auto file = data / what.file;
  if (what.what == damage::removed) {
    fs::remove(file);
  } else if (what.what == damage::halved) {
    fs::resize_file(file, fs::file_size(file) / 2);
  } else {
    auto bytes = file_text(file);
    bytes[what.at] = static_cast<char>(bytes[what.at] ^ 0x40);
    put_file(file, bytes);
  }
}

class store_damage : public testing::Test {
protected:
  void start(std::vector<std::string> arguments = {}) {
    node_.emplace(hived_options{.directory = temp_.path(), .arguments = std::move(arguments)});
    node_->await_ready();
    id_ = node_->node();
  }

  void write(size_t batches) {
    for (size_t i = 0; i < batches; ++i)
      for (auto& writer : writers_)
        ASSERT_TRUE(writer.step(*node_));
    auto path = snapshots + "/v" + std::to_string(bodies_.size());
    auto answer = node_->put(path, R"({"metrics":{"m":{"value":1,"direction":"lower","samples":[1,2,0]}}})");
    ASSERT_EQ(answer.status, 200) << answer.body;
    bodies_.emplace_back(path, answer.body);
  }

  /// Kills the node once the mark covers everything that was acknowledged so far.
  void kill_marked() {
    auto acknowledged = fs::file_time_type::clock::now();
    ASSERT_TRUE(wait_until([&] { return fs::last_write_time(mark_path(data())) > acknowledged || bodies_.empty(); }));
    node_->kill();
  }

  fs::path data() const {
    return temp_.path() / "data";
  }
  fs::path store() const {
    return data() / "store";
  }

  /// Checks that everything that was acknowledged can be read back.
  void expect_whole(const hived_process& node) const {
    EXPECT_EQ(node.node(), id_) << "another node";
    for (const auto& [path, body] : bodies_)
      EXPECT_EQ(node.get(path).body, body) << path;
    task_audit audit;
    audit.read_new(node);
    audit.expect_kept(writers_);
  }

  std::vector<damage_case> cases() {
    std::vector<damage_case> out;
    for (const auto& entry : fs::recursive_directory_iterator{data()}) {
      if (!entry.is_regular_file())
        continue;
      auto file = fs::relative(entry.path(), data());
      out.push_back({file, damage::removed});
      auto size = entry.file_size();
      if (size == 0)
        continue;
      out.push_back({file, damage::halved});
      for (size_t i = 0; i < (is_soak() ? flips_when_soaking : flips_normally); ++i)
        out.push_back({file, damage::flipped, random_() % size});
    }
    return out;
  }

  /// Whether the start was refused. Tries the case in a copy of the directory.
  bool is_refused(const damage_case& what) const {
    SCOPED_TRACE(text_of(what));
    temporary_directory copy;
    fs::copy(data(), copy.path() / "data", fs::copy_options::recursive);
    apply(what, copy.path() / "data");
    hived_process node{{.directory = copy.path()}};
    if (node.becomes_ready()) {
      expect_whole(node);
      return false;
    }
    EXPECT_EQ(node.await_end(), (process_end{failed, 0})) << node.log();
    EXPECT_THAT(node.log(), HasSubstr(what.file.filename().string()));
    return true;
  }

  void try_all(const std::string& age) {
    auto all = cases();
    std::atomic<size_t> next = 0, refused = 0;
    {
      std::vector<std::jthread> threads;
      for (size_t lane = 0; lane < lanes; ++lane)
        threads.emplace_back([&] {
          for (size_t i = next++; i < all.size(); i = next++)
            refused += is_refused(all[i]);
        });
    }
    auto files = std::ranges::count(all, damage::removed, &damage_case::what);
    std::printf("%s: %zu cases on %td files, %zu refused, %zu whole; seed %u\n", age.c_str(), all.size(), files,
                refused.load(), all.size() - refused, seed_);
    EXPECT_GT(refused, 0U);
    EXPECT_LT(refused, all.size());
  }

  fs::path newest(std::string_view begin, std::string_view end) const {
    fs::path out;
    for (const auto& entry : fs::directory_iterator{store()})
      if (auto name = entry.path().filename().string(); name.starts_with(begin) && name.ends_with(end))
        out = std::max(out, entry.path());
    return out;
  }

  void expect_refused(const std::vector<std::string>& named, std::vector<std::string> arguments = {}) const {
    hived_process node{{.directory = temp_.path(), .arguments = std::move(arguments)}};
    EXPECT_EQ(node.await_end(), (process_end{failed, 0})) << node.log();
    for (const auto& name : named)
      EXPECT_THAT(node.log(), HasSubstr(name));
  }

  temporary_directory temp_;
  const uint32_t seed_ = random_seed();
  std::mt19937_64 random_{seed_};
  std::optional<hived_process> node_;
  std::string id_;
  std::vector<std::pair<std::string, std::string>> bodies_;
  std::vector<task_writer> writers_{{0, random_(), largest_batch}, {1, random_(), 1}};
};

TEST_F(store_damage, a_store_that_was_just_created) {
  start();
  kill_marked();
  try_all("just created");
}

TEST_F(store_damage, a_store_whose_writes_are_in_its_log) {
  start();
  write(20);
  kill_marked();
  try_all("writes in the log");
}

TEST_F(store_damage, a_store_of_many_tables_and_starts) {
  for (int i = 0; i < 6; ++i) { // a start writes the log out as tables, and every four tables are merged
    start();
    write(5);
    node_->send(i % 2 ? SIGTERM : SIGKILL);
    node_->await_end();
  }
  start();
  write(5);
  kill_marked();
  try_all("many tables");
}

TEST_F(store_damage, all_logs_at_once) {
  start();
  write(5);
  kill_marked();
  for (const auto& entry : fs::directory_iterator{store()})
    if (entry.path().extension() == ".log")
      fs::remove(entry.path());
  expect_refused({".log is missing", "--accept-losses"});
}

TEST_F(store_damage, a_current_that_names_an_older_manifest) {
  start();
  write(2);
  kill_marked();
  auto older = newest("MANIFEST-", "");
  auto kept = file_text(older);
  start();
  write(2);
  kill_marked();
  put_file(older, kept);
  put_file(store() / "CURRENT", older.filename().string() + "\n");
  expect_refused({(store() / "CURRENT").string()});
}

TEST_F(store_damage, a_log_of_another_store) {
  start();
  write(2);
  kill_marked();
  put_file(store() / "999999.log", file_text(newest("", ".log")));
  expect_refused({"999999.log does not belong to this store"});
}

TEST_F(store_damage, of_a_log_that_lost_its_end_at_most_the_last_second_is_missing) {
  struct acknowledgement {
    std::string path;
    std::chrono::steady_clock::time_point when;
  };
  start();
  std::vector<acknowledgement> told;
  auto begin = std::chrono::steady_clock::now();
  while (std::chrono::steady_clock::now() - begin < 3s) {
    auto path = snapshots + "/t" + std::to_string(told.size());
    ASSERT_EQ(node_->put(path, R"({"metrics":{"m":{"value":1,"direction":"lower"}}})").status, 200);
    told.push_back({path, std::chrono::steady_clock::now()});
  }
  node_->kill();
  auto log = newest("", ".log");
  auto mark = read_mark(data());
  ASSERT_TRUE(mark && *mark);
  uint64_t marked = 0;
  for (auto file : (**mark)->getFiles())
    if (file.getName() == log.filename().string().c_str())
      marked = file.getSize();
  ASSERT_GT(marked, 0U);
  ASSERT_LE(marked, fs::file_size(log));
  fs::resize_file(log, marked);
  start();
  size_t lost = 0;
  for (const auto& one : told)
    if (node_->get(one.path).status != 200) {
      ++lost;
      EXPECT_LT(told.back().when - one.when, 1s) << one.path << " is gone, which the mark should have known";
    }
  std::printf("%zu writes in 3 s, %zu lost with the log's end behind the mark\n", told.size(), lost);
}

TEST_F(store_damage, an_operator_can_go_on_with_what_is_left) {
  start();
  write(5);
  kill_marked();
  fs::remove(mark_path(data()));
  expect_refused({mark_path(data()).string(), "is missing", "--accept-losses"});
  start({"--accept-losses"});
  EXPECT_THAT(node_->log(), HasSubstr("taken as it is"));
  expect_whole(*node_);
  kill_marked();
  start(); // the option is needed only once
  expect_whole(*node_);
}

TEST_F(store_damage, a_store_of_before_the_mark_is_taken_over) {
  start();
  write(3);
  node_->send(SIGTERM);
  ASSERT_EQ(node_->await_end(), (process_end{0, 0}));
  {
    auto db = database::open({.directory = data()});
    ASSERT_TRUE(db);
    auto meta = (*db)->get_msg<wire::NodeMeta>(column::meta, keys::node());
    ASSERT_TRUE(meta && *meta);
    write_set writes;
    writes.put(column::meta, keys::node(),
               changed(**meta, [](wire::NodeMeta::Builder out) { out.setSchemaVersion(1); }).bytes());
    ASSERT_FALSE((*db)->write(writes));
  }
  fs::remove(mark_path(data()));
  start();
  EXPECT_THAT(node_->log(), HasSubstr("of an older hived"));
  expect_whole(*node_);
  kill_marked();
  fs::remove(mark_path(data()));
  expect_refused({mark_path(data()).string(), "is missing"});
}

} // namespace
} // namespace hive::cluster
