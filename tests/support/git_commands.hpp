#pragma once

#include "tests/support/files.hpp"
#include "tests/support/temporary_directory.hpp"

#include <array>
#include <cstdio>
#include <filesystem>
#include <stdexcept>
#include <string>

namespace hive {

/// A git repository with a checkout, made by git's own commands, which see no configuration of the user.
class git_checkout {
public:
  explicit git_checkout(std::filesystem::path path) : path_{std::move(path)} {
    std::filesystem::create_directories(path_);
    git("init -q -b main");
  }

  const std::filesystem::path& path() const {
    return path_;
  }

  /// Runs `git ARGUMENTS` in the checkout and returns what it prints, without the last line end. `arguments` is a part
  /// of a shell's command line.
  std::string git(const std::string& arguments) const {
    return shell("git " + arguments);
  }

  std::string shell(const std::string& command) const {
    auto line = "cd '" + path_.string() +
                "' && export GIT_CONFIG_NOSYSTEM=1 GIT_CONFIG_GLOBAL=/dev/null GIT_AUTHOR_NAME=A "
                "GIT_AUTHOR_EMAIL=a@example.org GIT_COMMITTER_NAME=C GIT_COMMITTER_EMAIL=c@example.org && " +
                command + " 2>&1";
    std::string out;
    FILE* pipe = popen(line.c_str(), "r");
    std::array<char, 4096> buffer;
    while (pipe) {
      auto got = fread(buffer.data(), 1, buffer.size(), pipe);
      if (got == 0)
        break;
      out.append(buffer.data(), got);
    }
    if (!pipe || pclose(pipe) != 0)
      throw std::runtime_error(command + " failed: " + out);
    if (out.ends_with('\n'))
      out.pop_back();
    return out;
  }

  void put(const std::string& file, std::string_view text) const {
    put_file(path_ / file, text);
  }

  /// Commits everything in the checkout and returns the commit's id.
  std::string commit(const std::string& message = "a change") const {
    git("add -A && git commit -q --no-verify --allow-empty -m '" + message + "'");
    return git("rev-parse HEAD");
  }

  /// Stores a tree of any bytes and returns its id. One entry is MODE, space, name, NUL, 20 bytes of an id.
  std::string store_tree(const std::string& bytes) const {
    temporary_directory outside;
    auto file = put_file(outside.path() / "tree", bytes);
    return git("hash-object -t tree --literally -w '" + file.string() + "'");
  }

  /// Commits any tree on top of HEAD, without moving HEAD.
  std::string commit_tree(const std::string& tree) const {
    return git("commit-tree -p HEAD -m crafted " + tree);
  }

private:
  std::filesystem::path path_;
};

/// The 20 bytes of an id that is written as hex.
inline std::string raw_id(const std::string& hex) {
  std::string out;
  for (size_t i = 0; i + 1 < hex.size(); i += 2)
    out += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  return out;
}

/// One entry of a tree's bytes.
inline std::string tree_entry(const std::string& mode, const std::string& name, const std::string& id) {
  return mode + " " + name + std::string(1, '\0') + raw_id(id);
}

} // namespace hive
