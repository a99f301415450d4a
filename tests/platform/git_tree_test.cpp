#include "platform/git_tree.hpp"

#include "messages/ec.hpp"
#include "tests/support/git_commands.hpp"

#include <gmock/gmock.h>
#include <sys/stat.h>

namespace hive {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class git_tree_test : public testing::Test {
protected:
  git_tree_test() {
    repository.put("a.txt", "text\n");
    repository.commit();
    blob = repository.git("rev-parse HEAD:a.txt");
  }

  std::string head_tree() const {
    return repository.git("rev-parse 'HEAD^{tree}'");
  }

  /// Stores a link's target and returns its id.
  std::string link_to(const std::string& target) const {
    return repository.shell("printf %s '" + target + "' | git hash-object -w --stdin");
  }

  caf::error write(const std::string& tree, const tree_limits& limits = {}) {
    target = temp.path() / ("target-" + std::to_string(++targets));
    auto written = export_tree(repository.path(), tree, target, {}, limits);
    return written ? caf::error{} : written.error();
  }

  /// The refusal of a tree with this one entry.
  std::string refusal(const std::string& mode, const std::string& name, const std::string& id) {
    auto error = write(repository.store_tree(tree_entry(mode, name, id)));
    EXPECT_EQ(code_of(error), ec::invalid) << name;
    return text_of(error);
  }

  temporary_directory temp;
  git_checkout repository{temp.path() / "repository"};
  std::string blob;
  fs::path target;
  int targets = 0;
};

TEST_F(git_tree_test, writes_files_as_they_are_stored) {
  repository.put("run.sh", "#!/bin/sh\n");
  fs::permissions(repository.path() / "run.sh", fs::perms::owner_all);
  repository.put("deep/er/b.txt", "b\r\n");
  repository.put("empty", "");
  fs::create_symlink("deep/er/b.txt", repository.path() / "link");
  fs::create_symlink("../../a.txt", repository.path() / "deep/er/up");
  repository.commit();
  ASSERT_FALSE(write(head_tree()));
  EXPECT_EQ(file_text(target / "a.txt"), "text\n");
  EXPECT_EQ(file_text(target / "deep/er/b.txt"), "b\r\n");
  EXPECT_TRUE(fs::exists(target / "empty"));
  EXPECT_EQ(fs::status(target / "run.sh").permissions() & fs::perms::owner_exec, fs::perms::owner_exec);
  EXPECT_EQ(fs::status(target / "a.txt").permissions() & fs::perms::owner_exec, fs::perms::none);
  EXPECT_EQ(fs::read_symlink(target / "link"), "deep/er/b.txt");
  EXPECT_EQ(file_text(target / "deep/er/up"), "text\n");
  EXPECT_FALSE(fs::exists(target / ".git"));
}

TEST_F(git_tree_test, runs_no_filter_hook_or_submodule) {
  auto canary = (temp.path() / "canary").string();
  auto bad = "touch " + canary + "; cat";
  repository.git("config filter.evil.smudge '" + bad + "'");
  repository.git("config filter.evil.clean cat");
  repository.git("config filter.evil.process '" + bad + "'");
  repository.git("config core.fsmonitor '" + bad + "'");
  repository.git("config diff.evil.textconv '" + bad + "'");
  repository.put(".gitattributes", "* filter=evil diff=evil ident text eol=crlf\n");
  repository.put("ident.txt", "$Id$\n");
  for (const auto* hook : {"post-checkout", "pre-commit", "post-index-change", "reference-transaction"}) {
    repository.put(std::string{".git/hooks/"} + hook, "#!/bin/sh\n" + bad + "\n");
    fs::permissions(repository.path() / ".git/hooks" / hook, fs::perms::owner_all);
  }
  repository.put(".gitmodules", "[submodule \"evil\"]\n path = evil\n url = ext::sh -c touch% " + canary + "\n");
  repository.git("-c core.fsmonitor=false -c filter.evil.process= -c core.hooksPath=/dev/null add -A");
  repository.git("-c core.fsmonitor=false -c core.hooksPath=/dev/null update-index --add --cacheinfo 160000," +
                 repository.git("-c core.fsmonitor=false rev-parse HEAD") + ",evil");
  repository.git("-c core.fsmonitor=false -c core.hooksPath=/dev/null commit -q -m hostile");
  fs::remove(canary);
  auto tree = head_tree();
  ASSERT_FALSE(write(tree));
  EXPECT_FALSE(fs::exists(canary));
  EXPECT_EQ(file_text(target / "ident.txt"), "$Id$\n");
  EXPECT_TRUE(fs::is_directory(target / "evil"));
  EXPECT_TRUE(fs::is_empty(target / "evil"));
}

TEST_F(git_tree_test, refuses_names_that_are_ways_out) {
  EXPECT_THAT(refusal("100644", "..", blob), HasSubstr("no file name"));
  EXPECT_THAT(refusal("40000", "..", head_tree()), HasSubstr("no file name"));
  EXPECT_THAT(refusal("100644", ".", blob), HasSubstr("no file name"));
  EXPECT_THAT(refusal("100644", "a/../../b", blob), HasSubstr("no file name"));
  EXPECT_THAT(refusal("100644", "line\nend", blob), HasSubstr("control character"));
  for (const auto* name : {".git", ".GIT", "git~1", ".git ", ".git...", ".git::$INDEX_ALLOCATION", ".g\u200cit"})
    EXPECT_THAT(refusal("100644", name, blob), HasSubstr("stands for .git")) << name;
}

TEST_F(git_tree_test, keeps_names_that_only_look_like_git) {
  auto tree = repository.store_tree(tree_entry("100644", ".gitignore", blob) + tree_entry("100644", "a..b", blob) +
                                    tree_entry("100644", "git~10", blob));
  EXPECT_FALSE(write(tree));
}

TEST_F(git_tree_test, refuses_links_out_of_the_tree) {
  EXPECT_THAT(refusal("120000", "passwd", link_to("/etc/passwd")), HasSubstr("link out of the tree"));
  EXPECT_THAT(refusal("120000", "up", link_to("../secret")), HasSubstr("link out of the tree"));
  EXPECT_THAT(refusal("120000", "around", link_to("a/../../secret")), HasSubstr("link out of the tree"));
  EXPECT_THAT(refusal("120000", "none", link_to("")), HasSubstr("no path"));
}

TEST_F(git_tree_test, refuses_a_link_that_leads_out_through_another) {
  fs::create_directories(repository.path() / "a/b");
  fs::create_symlink("../..", repository.path() / "a/b/root");
  // Its text stays inside: a/b/root/.. would be a/b.
  fs::create_symlink("a/b/root/../secret", repository.path() / "out");
  repository.commit();
  auto error = write(head_tree());
  EXPECT_EQ(code_of(error), ec::invalid);
  EXPECT_THAT(text_of(error), HasSubstr("out is a symbolic link out of the tree"));
}

TEST_F(git_tree_test, does_not_write_through_a_link_of_the_same_name) {
  temporary_directory outside;
  auto inner = repository.store_tree(tree_entry("100644", "planted", blob));
  // The link stays inside by its text, and the directory of the same name would be written through it.
  auto tree = repository.store_tree(tree_entry("120000", "x", link_to("elsewhere")) + tree_entry("40000", "x", inner));
  auto error = write(tree);
  EXPECT_EQ(code_of(error), ec::invalid);
  EXPECT_THAT(text_of(error), HasSubstr("twice"));
}

TEST_F(git_tree_test, bounds_what_it_writes) {
  repository.put("big", std::string(1000, 'x'));
  repository.put("d/e/f", "deep");
  repository.commit();
  auto code = [&](const tree_limits& limits) { return code_of(write(head_tree(), limits)); };
  EXPECT_EQ(code({.files = 2}), ec::too_large);
  EXPECT_EQ(code({.bytes = 900}), ec::too_large);
  EXPECT_EQ(code({.file_bytes = 999}), ec::too_large);
  EXPECT_EQ(code({.depth = 1}), ec::too_large);
  EXPECT_EQ(code({.files = 10, .bytes = 2'000, .file_bytes = 1'000, .depth = 2}), ec::none);
}

TEST_F(git_tree_test, an_object_that_fills_the_memory_is_not_read) {
  // 300 MiB of zeros, which take 300 KB in the repository.
  auto id = repository.shell("head -c 314572800 /dev/zero | git -c core.compression=1 hash-object -w --stdin");
  auto tree = repository.store_tree(tree_entry("100644", "zeros", id));
  EXPECT_EQ(code_of(write(tree)), ec::too_large) << "its size is known before it is read";
  auto error = write(tree, {.files = 10, .bytes = uint64_t{1} << 40, .file_bytes = uint64_t{1} << 40, .depth = 1});
  EXPECT_EQ(code_of(error), ec::corrupt);
  EXPECT_THAT(text_of(error), HasSubstr("emory"));
}

TEST_F(git_tree_test, says_that_an_object_is_missing) {
  repository.put("b.txt", "b\n");
  repository.commit();
  auto id = repository.git("rev-parse HEAD:b.txt");
  fs::remove(repository.path() / ".git/objects" / id.substr(0, 2) / id.substr(2));
  auto error = write(head_tree());
  EXPECT_EQ(code_of(error), ec::corrupt);
  EXPECT_THAT(text_of(error), HasSubstr("b.txt"));
}

TEST_F(git_tree_test, removes_what_was_made_inaccessible_and_nothing_else) {
  temporary_directory outside;
  put_file(outside.path() / "kept", "kept");
  put_file(temp.path() / "made/inner/file", "x");
  fs::create_symlink(outside.path(), temp.path() / "made/inner/link");
  ::chmod((temp.path() / "made/inner").c_str(), 0);
  ::chmod((temp.path() / "made").c_str(), 0500);
  EXPECT_FALSE(remove_tree(temp.path() / "made"));
  EXPECT_FALSE(fs::exists(temp.path() / "made"));
  EXPECT_EQ(file_text(outside.path() / "kept"), "kept");
  EXPECT_FALSE(remove_tree(temp.path() / "never-there"));
}

} // namespace
} // namespace hive
