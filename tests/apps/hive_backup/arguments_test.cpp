#include "apps/hive_backup/arguments.hpp"

#include <algorithm>
#include <gmock/gmock.h>
#include <optional>

namespace hive::backup {
namespace {

using testing::ElementsAre;

/// What hive-backup makes of these words; nothing for wrong usage.
std::optional<arguments> parsed(std::vector<std::string> words) {
  CLI::App app;
  arguments out;
  app.require_subcommand(1);
  app.fallthrough();
  app.add_flag("--json", out.json);
  app.add_option("--token-file", out.token_file);
  add_commands(app, out);
  std::ranges::reverse(words); // as CLI11 takes them
  try {
    app.parse(words);
  } catch (const CLI::ParseError&) {
    return std::nullopt;
  }
  return out;
}

void expect_same(const arguments& given) {
  auto again = parsed(words_of(given));
  ASSERT_TRUE(again);
  EXPECT_EQ(again->chosen, given.chosen);
  EXPECT_EQ(again->directory, given.directory);
  EXPECT_EQ(again->number, given.number);
  EXPECT_EQ(again->open, given.open);
  EXPECT_EQ(again->data, given.data);
  EXPECT_EQ(again->same_node, given.same_node);
  EXPECT_EQ(again->new_node, given.new_node);
  EXPECT_EQ(again->peers, given.peers);
  EXPECT_EQ(again->token_file, given.token_file);
  EXPECT_EQ(again->keep_last, given.keep_last);
  EXPECT_EQ(again->keep_daily, given.keep_daily);
  EXPECT_EQ(again->keep_weekly, given.keep_weekly);
  EXPECT_EQ(again->keep_monthly, given.keep_monthly);
  EXPECT_EQ(again->drop, given.drop);
  EXPECT_EQ(again->dry_run, given.dry_run);
  EXPECT_EQ(again->json, given.json);
}

TEST(backup_arguments, hive_backup_reads_what_hivectl_passes_on) {
  arguments given;
  given.chosen = command::list;
  given.directory = "/b";
  expect_same(given);
  given.chosen = command::verify;
  given.number = 7;
  given.open = given.json = true;
  expect_same(given);
  given.open = false;
  given.chosen = command::restore;
  given.data = "--odd name";
  given.same_node = true;
  given.peers = {"http://10.0.0.1:7420", "http://10.0.0.2:7420"};
  given.token_file = "/etc/token";
  expect_same(given);
  arguments pruned;
  pruned.chosen = command::prune;
  pruned.directory = "-b";
  pruned.keep_last = 1;
  pruned.keep_daily = 2;
  pruned.keep_weekly = 3;
  pruned.keep_monthly = 4;
  pruned.drop = {5, 6};
  pruned.dry_run = true;
  expect_same(pruned);
}

TEST(backup_arguments, a_restore_says_what_becomes_of_the_identity) {
  EXPECT_FALSE(parsed({"restore", "/b", "--data", "/n"}));
  EXPECT_FALSE(parsed({"restore", "/b", "--data", "/n", "--same-node", "--new-node"}));
  EXPECT_FALSE(parsed({"restore", "/b", "--same-node"}));
  auto good = parsed({"restore", "/b", "3", "--data", "/n", "--new-node"});
  ASSERT_TRUE(good);
  EXPECT_EQ(good->number, 3U);
  EXPECT_TRUE(good->new_node);
}

TEST(backup_arguments, numbers_begin_at_one) {
  for (const auto* number : {"0", "-1", "x", "4294967296"})
    EXPECT_FALSE(parsed({"verify", "/b", number})) << number;
  EXPECT_FALSE(parsed({"verify"}));
  EXPECT_FALSE(parsed({}));
}

} // namespace
} // namespace hive::backup
