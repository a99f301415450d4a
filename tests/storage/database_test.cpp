#include "storage/database.hpp"

#include "messages/change.hpp"
#include "messages/node.capnp.h"
#include "platform/version.hpp"
#include "storage/directory.hpp"
#include "storage/keys.hpp"
#include "storage/schema.hpp"
#include "storage/store_mark.hpp"
#include "tests/support/files.hpp"
#include "tests/support/temporary_directory.hpp"
#include "tests/support/wait_until.hpp"

#include <fstream>
#include <gtest/gtest.h>
#include <map>
#include <sys/stat.h>
#include <unistd.h>

namespace hive {
namespace {

namespace fs = std::filesystem;

std::unique_ptr<database> open_or_die(const fs::path& directory) {
  auto db = database::open({.directory = directory});
  if (!db)
    throw std::runtime_error(text_of(db.error()));
  return std::move(*db);
}

ec open_error(const fs::path& directory, std::string* text = nullptr) {
  auto db = database::open({.directory = directory});
  if (db)
    return ec::none;
  if (text)
    *text = text_of(db.error());
  return code_of(db.error());
}

/// Writes an identity and a few hundred records.
void fill(database& db) {
  write_set writes;
  writes.put(column::meta, keys::node(), "identity");
  for (int i = 0; i < 300; ++i)
    writes.put(column::inputs, "key" + std::to_string(i), std::string(1000, 'v'));
  ASSERT_FALSE(db.write(writes));
}

/// Creates a filled store, and closes it.
void fill(const fs::path& directory) {
  auto db = open_or_die(directory);
  fill(*db);
}

fs::path find_file(const fs::path& directory, std::string_view extension) {
  for (const auto& entry : fs::directory_iterator{directory})
    if (entry.path().extension() == extension && fs::file_size(entry.path()) > 0)
      return entry.path();
  throw std::runtime_error("no file with extension " + std::string{extension});
}

/// Whether the mark knows all of the log.
bool is_log_marked(const fs::path& directory) {
  auto log = find_file(store_path(directory), ".log");
  auto mark = read_mark(directory);
  if (mark && *mark)
    for (auto file : (**mark)->getFiles())
      if (file.getName() == log.filename().string().c_str())
        return file.getSize() == fs::file_size(log);
  return false;
}

/// Creates a filled store as a crash leaves it, with its records in the log alone, which is marked.
void fill_and_crash(const fs::path& directory) {
  temporary_directory living;
  auto db = open_or_die(living.path());
  fill(*db);
  ASSERT_TRUE(wait_until([&] { return is_log_marked(living.path()); }));
  fs::copy(living.path(), directory, fs::copy_options::recursive | fs::copy_options::overwrite_existing);
}

void flip_byte(const fs::path& file, std::streamoff offset) {
  std::fstream stream{file, std::ios::in | std::ios::out | std::ios::binary};
  stream.seekg(offset);
  char c = static_cast<char>(stream.get());
  stream.seekp(offset);
  stream.put(static_cast<char>(c ^ 0x40));
}

TEST(database, keeps_what_was_written_across_reopening) {
  temporary_directory dir;
  fill(dir.path());
  auto db = open_or_die(dir.path());
  EXPECT_EQ(**db->get(column::inputs, "key7"), std::string(1000, 'v'));
  EXPECT_FALSE((*db->get(column::inputs, "nothing")).has_value());
  EXPECT_FALSE((*db->get(column::tasks, "key7")).has_value()) << "columns must not share keys";
}

TEST(database, a_store_that_was_closed_has_no_log_to_replay) {
  temporary_directory dir;
  fill(dir.path());
  for (const auto& entry : fs::directory_iterator{store_path(dir.path())})
    if (entry.path().extension() == ".log") {
      EXPECT_EQ(fs::file_size(entry.path()), 0U) << entry.path();
    }
  EXPECT_EQ(**open_or_die(dir.path())->get(column::inputs, "key7"), std::string(1000, 'v'));
}

TEST(database, erases_and_visits_in_byte_order) {
  temporary_directory dir;
  auto db = open_or_die(dir.path());
  write_set writes;
  for (std::string key : {"b/2", "a/9", "b/1", "b/3", "c/0"})
    writes.put(column::tasks, key, key);
  ASSERT_FALSE(db->write(writes));
  write_set erase;
  erase.erase(column::tasks, "b/2");
  ASSERT_FALSE(db->write(erase));
  std::string seen;
  ASSERT_FALSE(db->visit(column::tasks, "b/", "", [&](auto key, auto) {
    seen += std::string{key} + " ";
    return database::scan::next;
  }));
  EXPECT_EQ(seen, "b/1 b/3 ");
  EXPECT_EQ(**db->last(column::tasks, "b/"), "b/3");
  EXPECT_FALSE((*db->last(column::tasks, "d/")).has_value());
}

TEST(database, refuses_a_directory_of_something_else) {
  temporary_directory dir;
  std::ofstream{dir.path() / "thesis.tex"} << "text";
  std::string text;
  EXPECT_EQ(open_error(dir.path(), &text), ec::invalid);
  EXPECT_NE(text.find(dir.path().string()), std::string::npos) << text;
}

TEST(database, refuses_a_file_in_place_of_the_directory) {
  temporary_directory dir;
  auto file = dir.path() / "data";
  std::ofstream{file} << "text";
  EXPECT_EQ(open_error(file), ec::invalid);
}

TEST(database, refuses_a_directory_that_cannot_be_created) {
  EXPECT_EQ(open_error("/proc/hive-data"), ec::storage_failed);
}

TEST(database, refuses_a_second_open_of_the_same_data) {
  temporary_directory dir;
  auto first = open_or_die(dir.path());
  std::string text;
  EXPECT_EQ(open_error(dir.path(), &text), ec::busy);
  EXPECT_NE(text.find("in use"), std::string::npos) << text;
}

TEST(database, refuses_a_store_without_its_current_file_instead_of_starting_anew) {
  temporary_directory dir;
  fill(dir.path());
  fs::remove(store_path(dir.path()) / "CURRENT");
  std::string text;
  EXPECT_EQ(open_error(dir.path(), &text), ec::corrupt);
  EXPECT_NE(text.find("CURRENT"), std::string::npos) << text;
}

TEST(database, refuses_a_damaged_write_ahead_log_and_names_the_store) {
  temporary_directory dir;
  fill_and_crash(dir.path());
  flip_byte(find_file(store_path(dir.path()), ".log"), 100'000);
  {
    // A second record after the damaged one, so that the damage is not in the torn tail.
    std::string text;
    auto code = open_error(dir.path(), &text);
    EXPECT_EQ(code, ec::corrupt) << text;
    EXPECT_NE(text.find(store_path(dir.path()).string()), std::string::npos) << text;
  }
}

TEST(database, opens_after_a_write_that_a_crash_tore_and_keeps_what_was_acknowledged) {
  temporary_directory dir;
  fill_and_crash(dir.path());
  auto log = find_file(store_path(dir.path()), ".log");
  {
    // The beginning of a record that claims to be longer than the file, as a crash during a write leaves it.
    std::ofstream out{log, std::ios::app | std::ios::binary};
    out << std::string{"\x01\x02\x03\x04\x80\x00\x01torn", 11};
  }
  auto db = open_or_die(dir.path());
  EXPECT_TRUE((*db->get(column::inputs, "key299")).has_value());
}

TEST(database, refuses_a_log_that_lost_its_acknowledged_end) {
  temporary_directory dir;
  fill_and_crash(dir.path());
  auto log = find_file(store_path(dir.path()), ".log");
  fs::resize_file(log, fs::file_size(log) - 5);
  std::string text;
  EXPECT_EQ(open_error(dir.path(), &text), ec::corrupt);
  EXPECT_NE(text.find(log.string()), std::string::npos) << text;
}

TEST(database, acknowledges_nothing_while_the_mark_cannot_be_written) {
  temporary_directory dir;
  fill(dir.path());
  auto db = open_or_die(dir.path());
  auto obstacle = dir.path() / "acknowledged.new";
  fs::create_directory(obstacle);
  write_set writes;
  writes.put(column::inputs, "more", "value");
  // The mark may be up to a second old; after that, a write requires a new one, which cannot be written.
  caf::error refused;
  EXPECT_TRUE(wait_until([&] { return static_cast<bool>(refused = db->write(writes)); }));
  EXPECT_EQ(code_of(refused), ec::storage_failed);
  EXPECT_NE(text_of(refused).find((dir.path() / "acknowledged").string()), std::string::npos) << text_of(refused);
  EXPECT_FALSE(db->is_broken());
  fs::remove(obstacle);
  EXPECT_FALSE(db->write(writes));
}

TEST(database, begins_a_first_start_anew_that_acknowledged_nothing) {
  temporary_directory dir;
  open_or_die(dir.path());
  fs::remove(store_path(dir.path()) / "CURRENT");
  EXPECT_EQ(open_error(dir.path()), ec::none);
}

TEST(database, refuses_a_store_without_its_mark_unless_losses_are_accepted) {
  temporary_directory dir;
  {
    auto db = open_or_die(dir.path());
    write_set writes;
    writes.put(column::meta, keys::node(), msg<wire::NodeMeta>::build([](wire::NodeMeta::Builder out) {
                                             out.setSchemaVersion(store_schema_version);
                                           }).bytes());
    writes.put(column::inputs, "key", "value");
    ASSERT_FALSE(db->write(writes));
  }
  fs::remove(mark_path(dir.path()));
  std::string text;
  EXPECT_EQ(open_error(dir.path(), &text), ec::corrupt);
  EXPECT_NE(text.find(mark_path(dir.path()).string() + " is missing"), std::string::npos) << text;
  auto db = database::open({.directory = dir.path(), .accept_losses = true});
  ASSERT_TRUE(db) << text_of(db.error());
  EXPECT_EQ(**(*db)->get(column::inputs, "key"), "value");
}

/// All files of a directory with their content.
std::map<std::string, std::string> files_of(const fs::path& directory) {
  std::map<std::string, std::string> out;
  for (const auto& entry : fs::recursive_directory_iterator{directory})
    if (entry.is_regular_file())
      out[entry.path().string()] = file_text(entry.path());
  return out;
}

TEST(database, refuses_the_store_of_a_later_hived_by_name_and_changes_nothing) {
  temporary_directory dir;
  fill(dir.path());
  auto mark = read_mark(dir.path());
  ASSERT_TRUE(mark && *mark);
  for (auto state : {wire::StoreState::LIVE, wire::StoreState::CREATING, static_cast<wire::StoreState>(7)}) {
    ASSERT_FALSE(write_mark(dir.path(), changed(**mark, [state](wire::StoreMark::Builder out) {
                              out.setSchemaVersion(store_schema_version + 1);
                              out.setSoftware("9.8.7\n");
                              out.setState(state);
                            })));
    auto before = files_of(dir.path());
    for (bool accept_losses : {false, true}) {
      auto db = database::open({.directory = dir.path(), .accept_losses = accept_losses});
      ASSERT_FALSE(db);
      EXPECT_EQ(code_of(db.error()), ec::unsupported);
      auto text = text_of(db.error());
      for (const auto& part :
           {dir.path().string() + " was last written by hived 9.8.7\\x0a",
            "schema version " + std::to_string(store_schema_version + 1),
            "this hived (" + std::string{version_text} + ") reads up to " + std::to_string(store_schema_version)})
        EXPECT_NE(text.find(part), std::string::npos) << text;
    }
    EXPECT_EQ(files_of(dir.path()), before);
  }
}

TEST(database, says_in_its_mark_which_release_wrote_it) {
  temporary_directory dir;
  fill(dir.path());
  auto mark = read_mark(dir.path());
  ASSERT_TRUE(mark && *mark);
  EXPECT_STREQ((**mark)->getSoftware().cStr(), version_text);
  EXPECT_EQ((**mark)->getSchemaVersion(), store_schema_version);
}

TEST(database, refuses_another_programs_rocks_db) {
  temporary_directory dir;
  {
    auto db = open_or_die(dir.path());
    write_set writes;
    writes.put(column::tasks, "foreign", "record");
    ASSERT_FALSE(db->write(writes));
  }
  EXPECT_EQ(open_error(dir.path()), ec::corrupt) << "records without a node identity are not ours";
}

TEST(keys, sort_numbers_as_numbers_and_end_with_their_part) {
  EXPECT_LT(keys::snapshot("v1", {9}), keys::snapshot("v1", {10}));
  EXPECT_LT(keys::snapshot("v1", {255}), keys::snapshot("v1", {256}));
  EXPECT_FALSE(keys::snapshot("v10", {1}).starts_with(keys::snapshots_of("v1")));
  EXPECT_EQ(keys::after_prefix("ab"), "ac");
  EXPECT_EQ(keys::after_prefix("a\xFF\xFF"), "b");
  EXPECT_EQ(keys::after_prefix("\xFF"), std::nullopt);
}

} // namespace
} // namespace hive
