#include "storage/hartos/hartos_database.hpp"

#include "storage/hartos/hartos_writer.hpp"
#include "tests/support/files.hpp"
#include "tests/support/hartos_files.hpp"
#include "tests/support/temporary_directory.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

namespace hive {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class hartos_database_test : public testing::Test {
protected:
  hartos_database open() const {
    auto db = hartos_database::open(file);
    if (!db)
      throw std::runtime_error(text_of(db.error()));
    return std::move(*db);
  }

  std::vector<hartos_row> rows(uint64_t after = 0, uint64_t through = 1'000, size_t limit = 1'000) const {
    auto db = open();
    auto found = db.rows(after, through, limit);
    if (!found)
      throw std::runtime_error(text_of(found.error()));
    return *found;
  }

  temporary_directory folder;
  std::filesystem::path file = folder.path() / "coding_benchmarks.db";
};

TEST_F(hartos_database_test, reads_a_row_as_hart_os_writes_it) {
  hartos_source{file}.add("'code review', 'aider', 'gpt-4o', 'u1', 2.518, 1, 1, 1771934400.25");
  auto row = rows().at(0);
  EXPECT_EQ(row.number, 1u);
  ASSERT_TRUE(row.task) << row.fault;
  EXPECT_EQ(row.task->task_type, "code review");
  EXPECT_EQ(row.task->tool_name, "aider");
  EXPECT_EQ(row.task->model_name, "gpt-4o");
  EXPECT_EQ(row.task->user_id, "u1");
  EXPECT_EQ(row.task->completion_time_s, 2.518);
  EXPECT_TRUE(row.task->success);
  EXPECT_TRUE(row.task->offloaded);
  EXPECT_EQ(row.task->ended_at_unix_micros, 1'771'934'400'250'000);
}

TEST_F(hartos_database_test, takes_a_time_as_text_for_utc_unless_it_says_otherwise) {
  hartos_source source{file};
  source.run("ALTER TABLE benchmarks RENAME TO old; CREATE TABLE benchmarks (task_type TEXT, tool_name TEXT, "
             "completion_time_s REAL, success INTEGER, timestamp TEXT);"
             "INSERT INTO benchmarks VALUES ('t', 'x', 1, 1, '2026-02-24T12:00:00'), ('t', 'x', 1, 1, "
             "'2026-02-24T12:00:00.5+02:00'), ('t', 'x', 1, 1, NULL), ('t', 'x', 1, 1, 'yesterday');");
  auto found = rows();
  ASSERT_EQ(found.size(), 4u);
  EXPECT_EQ(found[0].task->ended_at_unix_micros, 1'771'934'400'000'000);
  EXPECT_EQ(found[1].task->ended_at_unix_micros, 1'771'927'200'500'000);
  EXPECT_EQ(found[2].task->ended_at_unix_micros, 0) << "the node's time of receipt";
  EXPECT_EQ(found[2].task->user_id, "") << "the column is missing";
  EXPECT_THAT(found[3].fault, HasSubstr("timestamp"));
}

TEST_F(hartos_database_test, each_bad_row_says_what_is_wrong_and_the_others_are_read) {
  hartos_source source{file};
  const std::pair<const char*, const char*> cases[] = {
    {"'', 'x', '', '', 1, 1, 0, 1", "task_type is required"},
    {"'t', printf('%.*c', 129, 'x'), '', '', 1, 1, 0, 1", "tool_name is longer than 128 bytes"},
    {"'t', 'x', printf('%.*c', 200000, 'x'), '', 1, 1, 0, 1", "model_name is longer"},
    {"'t', 'x', '', '', -0.5, 1, 0, 1", "completion_time_s must be at least 0"},
    {"'t', 'x', '', '', 9e999, 1, 0, 1", "completion_time_s must be finite"},
    {"'t', 'x', '', '', 604801, 1, 0, 1", "completion_time_s must be at most"},
    {"'t', 'x', '', '', 'fast', 1, 0, 1", "completion_time_s is text"},
    {"'t', 'x', '', '', 1, 2, 0, 1", "success is 2"},
    {"'t', 'x', '', '', 1, 'yes', 0, 1", "success is text"},
    {"'t', 'x', '', '', 1, 0.5, 0, 1", "success is a number"},
    {"'t', 'x', '', '', 1, 1, -1, 1", "offloaded is -1"},
    {"'t', x'00ff', '', '', 1, 1, 0, 1", "tool_name is a blob"},
    {"'t', CAST(x'ff' AS TEXT), '', '', 1, 1, 0, 1", "tool_name"},
    {"'t', 'a' || char(0) || 'b', '', '', 1, 1, 0, 1", "tool_name"},
    {"'t', 'x', '', '', 1, 1, 0, -5", "timestamp lies outside"},
    {"'t', 'x', '', '', 1, 1, 0, 9e999", "timestamp lies outside"},
    {"'t', 'x', '', '', 1, 1, 0, 1e300", "timestamp lies outside"},
  };
  for (const auto& [values, why] : cases)
    source.add(values);
  source.add("'t', 'x', NULL, NULL, 0, 0, 0, 0");
  auto found = rows();
  ASSERT_EQ(found.size(), std::size(cases) + 1);
  for (size_t i = 0; i < std::size(cases); ++i) {
    EXPECT_FALSE(found[i].task) << cases[i].first;
    EXPECT_THAT(found[i].fault, HasSubstr(cases[i].second)) << cases[i].first;
    EXPECT_EQ(found[i].number, i + 1);
  }
  EXPECT_TRUE(found.back().task) << found.back().fault;
}

TEST_F(hartos_database_test, rows_of_an_earlier_rule_for_success_are_outdated) {
  hartos_source source{file, true};
  source.add("'t', 'x', '', '', 1, 1, 0, 1");
  source.run("INSERT INTO benchmarks SELECT 7, task_type, tool_name, '', '', 1, 1, 0, 1, 2 FROM benchmarks");
  auto found = rows();
  ASSERT_EQ(found.size(), 2u);
  EXPECT_TRUE(found[0].is_outdated);
  EXPECT_FALSE(found[0].task);
  EXPECT_FALSE(found[1].is_outdated);
  EXPECT_TRUE(found[1].task);
}

TEST_F(hartos_database_test, reads_windows_of_rows_in_order_also_with_gaps) {
  hartos_source source{file};
  for (int i = 0; i < 10; ++i)
    source.add("'t', 'x', '', '', 1, 1, 0, 1");
  source.run("DELETE FROM benchmarks WHERE id IN (2, 5, 9)");
  auto numbers = [&](uint64_t after, uint64_t through, size_t limit) {
    std::vector<uint64_t> out;
    for (const auto& row : rows(after, through, limit))
      out.push_back(row.number);
    return out;
  };
  EXPECT_THAT(numbers(0, 100, 3), ElementsAre(1, 3, 4));
  EXPECT_THAT(numbers(4, 8, 100), ElementsAre(6, 7, 8));
  EXPECT_THAT(numbers(10, 100, 100), IsEmpty());
  EXPECT_THAT(numbers(0, ~uint64_t{0}, 1), ElementsAre(1));
  EXPECT_EQ(*open().last_row(), 10u);
}

TEST_F(hartos_database_test, the_first_row_stays_when_rows_are_added) {
  hartos_source source{file};
  EXPECT_EQ(*open().first_row(), "");
  source.add("'t', 'x', '', '', 1, 1, 0, 1");
  auto first = *open().first_row();
  EXPECT_NE(first, "");
  source.add("'t', 'y', '', '', 2, 1, 0, 1");
  source.run("ALTER TABLE benchmarks ADD COLUMN success_rule INTEGER NOT NULL DEFAULT 1");
  EXPECT_EQ(*open().first_row(), first);
  source.run("UPDATE benchmarks SET completion_time_s = 1.0000000000000002 WHERE id = 1");
  EXPECT_NE(*open().first_row(), first);
}

TEST_F(hartos_database_test, reads_hive_routing_with_its_bad_rows) {
  hartos_source source{file};
  source.run("INSERT INTO hive_routing VALUES ('fix', 'aider', 0.882, 23.26, 306, 1771934400.5), ('b', 'x', 1.5, 1, "
             "5, 1), ('c', 'x', 0.5, 1, 0, 1), ('d', 'x', 'high', 1, 5, 1)");
  auto routes = *open().routes();
  ASSERT_EQ(routes.size(), 4u);
  EXPECT_EQ(routes[0].fault, "");
  EXPECT_EQ(routes[0].tool_name, "aider");
  EXPECT_EQ(routes[0].success_rate, 0.882);
  EXPECT_EQ(routes[0].samples, 306u);
  EXPECT_EQ(routes[0].updated_at, 1771934400.5);
  EXPECT_THAT(routes[1].fault, HasSubstr("success_rate"));
  EXPECT_THAT(routes[2].fault, HasSubstr("sample_count"));
  EXPECT_THAT(routes[3].fault, HasSubstr("success_rate is text"));
  source.run("DROP TABLE hive_routing");
  EXPECT_THAT(*open().routes(), IsEmpty());
}

TEST_F(hartos_database_test, what_is_none_is_refused_with_its_name) {
  auto refusal = [&] {
    auto db = hartos_database::open(file);
    EXPECT_FALSE(db);
    EXPECT_THAT(text_of(db.error()), HasSubstr(file.string()));
    return db ? ec::none : code_of(db.error());
  };
  EXPECT_EQ(refusal(), ec::not_found);
  put_file(file, std::string(5'000, 'x'));
  EXPECT_EQ(refusal(), ec::corrupt);
  put_file(file, "");
  EXPECT_EQ(refusal(), ec::unsupported);
  std::filesystem::remove(file);
  hartos_source source{file};
  source.run("ALTER TABLE benchmarks DROP COLUMN success");
  EXPECT_EQ(refusal(), ec::unsupported);
}

TEST_F(hartos_database_test, damage_is_found_before_anything_is_read) {
  std::mt19937 random{1};
  hartos_source{file}.add_random(2'000, random);
  auto size = std::filesystem::file_size(file);
  std::fstream out{file, std::ios::in | std::ios::out | std::ios::binary};
  out.seekp(static_cast<std::streamoff>(size / 2));
  out << std::string(8'192, '\xA5');
  out.close();
  auto db = hartos_database::open(file);
  ASSERT_FALSE(db);
  EXPECT_EQ(code_of(db.error()), ec::corrupt);
  EXPECT_THAT(text_of(db.error()), HasSubstr(file.string()));
}

TEST_F(hartos_database_test, reading_holds_no_lock_and_changes_nothing) {
  hartos_source source{file};
  source.add("'t', 'x', '', '', 1, 1, 0, 1");
  auto before = file_text(file);
  auto db = open();
  ASSERT_TRUE(db.first_row());
  ASSERT_TRUE(db.routes());
  ASSERT_TRUE(db.export_mark());
  ASSERT_EQ(db.rows(0, 10, 10)->size(), 1u);
  EXPECT_EQ(file_text(file), before);
  source.add("'t', 'x', '', '', 1, 1, 0, 1"); // fails while another process holds a lock
  EXPECT_EQ(db.rows(0, 10, 10)->size(), 2u);
}

// -- writing ----------------------------------------------------------------------

msg<wire::TaskRecord> record(uint64_t number, double time_s = 1.0 / 3) {
  return msg<wire::TaskRecord>::build([&](wire::TaskRecord::Builder out) {
    out.setTaskType("fix 'n run");
    out.setToolName("aïder");
    out.setUserId("u");
    out.setCompletionTimeS(time_s);
    out.setSuccess(number % 2 == 1);
    out.setOffloaded(number % 3 == 0);
    out.setTimestamp(static_cast<int64_t>(1'771'934'400'123'456 + number));
    out.setSequence(number);
  });
}

TEST_F(hartos_database_test, what_is_written_reads_back_to_the_last_bit) {
  auto writer = hartos_writer::create(file, false);
  ASSERT_TRUE(writer) << text_of(writer.error());
  for (uint64_t number : {9, 7, 5, 2})
    ASSERT_TRUE(writer->add(*record(number)));
  ASSERT_TRUE(writer->add({.task_type = "fix", .tool_name = "x", .success_rate = 0.5, .avg_time_s = 2, .samples = 8}));
  EXPECT_FALSE(std::filesystem::exists(file)) << "unfinished";
  auto finished = writer->finish({"node-a", 9});
  ASSERT_TRUE(finished) << text_of(finished.error());
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator{folder.path()}, {}), 1) << "nothing is left beside it";
  auto found = rows();
  ASSERT_EQ(found.size(), 4u);
  EXPECT_EQ(found[0].number, 2u);
  EXPECT_EQ(found[1].number, 5u);
  ASSERT_TRUE(found[1].task);
  EXPECT_EQ(found[1].task->completion_time_s, 1.0 / 3);
  EXPECT_EQ(found[1].task->ended_at_unix_micros, 1'771'934'400'123'461);
  EXPECT_TRUE(found[1].task->success);
  EXPECT_FALSE(found[0].task->success);
  EXPECT_TRUE(found[3].task->offloaded);
  auto mark = *open().export_mark();
  ASSERT_TRUE(mark);
  EXPECT_EQ(mark->node, "node-a");
  EXPECT_EQ(mark->last_row, 9u);
  EXPECT_EQ(open().routes()->at(0).samples, 8u);
}

TEST_F(hartos_database_test, rows_that_an_older_hart_os_adds_to_an_export_count) {
  auto writer = hartos_writer::create(file, false);
  ASSERT_TRUE(writer) << text_of(writer.error());
  ASSERT_TRUE(writer->add(*record(5)));
  ASSERT_TRUE(writer->finish({"node-a", 5}));
  auto add = [&](const std::string& sql) {
    auto db = sqlite::connection::open(file, sqlite::access::create);
    ASSERT_TRUE(db) << text_of(db.error());
    auto done = db->run(sql);
    ASSERT_TRUE(done) << text_of(done.error());
  };
  // The statement that HART OS uses, which does not mention the rule.
  const std::string insert = "INSERT INTO benchmarks (task_type, tool_name, model_name, user_id, completion_time_s, "
                             "success, offloaded, timestamp) VALUES ('t', 'x', '', '', 1, 1, 0, 1);";
  add(insert);
  // Exports by earlier versions had 1 as the rule's default.
  add("PRAGMA writable_schema = ON; UPDATE sqlite_master SET sql = replace(sql, 'DEFAULT 2', 'DEFAULT 1') WHERE name = "
      "'benchmarks'; PRAGMA writable_schema = OFF;");
  add(insert);
  auto db = sqlite::connection::open(file, sqlite::access::read_only);
  auto rules = db->prepare("SELECT group_concat(success_rule, ' ') FROM benchmarks");
  ASSERT_TRUE(rules && rules->step());
  EXPECT_EQ(rules->text(0), "2 2 1") << "so the test tries both";
  auto found = rows();
  ASSERT_EQ(found.size(), 3u);
  for (const auto& row : found) {
    EXPECT_FALSE(row.is_outdated) << row.number;
    EXPECT_TRUE(row.task) << row.number << ": " << row.fault;
  }
}

TEST_F(hartos_database_test, nothing_is_replaced_unless_told_and_nothing_unfinished_stays) {
  put_file(file, "precious");
  auto refused = hartos_writer::create(file, false);
  ASSERT_FALSE(refused);
  EXPECT_EQ(code_of(refused.error()), ec::already_exists);
  {
    auto writer = hartos_writer::create(file, true);
    ASSERT_TRUE(writer);
    ASSERT_TRUE(writer->add(*record(1)));
  }
  EXPECT_EQ(file_text(file), "precious");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator{folder.path()}, {}), 1);
  std::filesystem::remove(file);
  auto late = hartos_writer::create(file, false);
  ASSERT_TRUE(late);
  put_file(file, "came meanwhile");
  auto finished = late->finish({"n", 0});
  ASSERT_FALSE(finished);
  EXPECT_EQ(code_of(finished.error()), ec::already_exists);
  EXPECT_EQ(file_text(file), "came meanwhile");
  auto told = hartos_writer::create(file, true);
  ASSERT_TRUE(told && told->finish({"n", 0}));
  EXPECT_THAT(rows(), IsEmpty());
}

/// Writes rows and dies in between, so that the journal stays beside the database.
void die_while_writing(const std::filesystem::path& file, const std::string& journal_mode) {
  auto child = ::fork();
  if (child == 0) {
    auto db = sqlite::connection::open(file, sqlite::access::create);
    // Such a small cache spills into the database pages that the journal must restore.
    bool begun = db && db->run("PRAGMA journal_mode = " + journal_mode + "; PRAGMA cache_size = 1; BEGIN;") &&
                 db->run("INSERT INTO benchmarks (task_type, tool_name, completion_time_s, timestamp) WITH RECURSIVE "
                         "n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000) "
                         "SELECT 'old', 'x', i, 1 FROM n;") &&
                 (journal_mode != "wal" || db->run("COMMIT"));
    ::_exit(begun ? 0 : 1);
  }
  int status = -1;
  ::waitpid(child, &status, 0);
  ASSERT_EQ(status, 0);
}

TEST_F(hartos_database_test, what_an_interrupted_writer_left_is_never_applied_to_another_database) {
  for (const std::string mode : {"delete", "wal"}) {
    SCOPED_TRACE(mode);
    auto journal = file;
    journal += mode == "wal" ? "-wal" : "-journal";
    std::filesystem::remove(file);
    hartos_source{file}.add("'t', 'x', '', '', 1, 1, 0, 1");
    auto begun = hartos_writer::create(file, true);
    ASSERT_TRUE(begun);
    ASSERT_NO_FATAL_FAILURE(die_while_writing(file, mode));
    ASSERT_TRUE(std::filesystem::exists(journal));
    auto late = begun->finish({"n", 0});
    ASSERT_FALSE(late);
    EXPECT_EQ(code_of(late.error()), ec::busy);
    EXPECT_THAT(text_of(late.error()), HasSubstr(journal.string()));
    auto refused = hartos_writer::create(file, true);
    ASSERT_FALSE(refused);
    EXPECT_EQ(code_of(refused.error()), ec::busy);
    ASSERT_TRUE(sqlite::connection::open(file, sqlite::access::create)->run("PRAGMA journal_mode = delete"));
    EXPECT_FALSE(std::filesystem::exists(journal)) << "mended";
    auto mended = hartos_writer::create(file, true);
    ASSERT_TRUE(mended && mended->add(*record(3)) && mended->finish({"n", 3}));
    EXPECT_EQ(rows().size(), 1u);
  }
}

TEST_F(hartos_database_test, a_reader_says_when_a_writer_was_interrupted) {
  hartos_source{file}.add("'t', 'x', '', '', 1, 1, 0, 1");
  ASSERT_NO_FATAL_FAILURE(die_while_writing(file, "delete"));
  auto db = hartos_database::open(file);
  ASSERT_FALSE(db);
  EXPECT_EQ(code_of(db.error()), ec::busy);
  EXPECT_THAT(text_of(db.error()), HasSubstr("interrupted"));
}

TEST_F(hartos_database_test, a_folder_that_cannot_be_written_is_named) {
  auto writer = hartos_writer::create("/proc/coding_benchmarks.db", false);
  ASSERT_FALSE(writer);
  EXPECT_EQ(code_of(writer.error()), ec::storage_failed);
  EXPECT_THAT(text_of(writer.error()), HasSubstr("/proc/coding_benchmarks.db"));
}

} // namespace
} // namespace hive
