#include "apps/hivectl/token.hpp"

#include "apps/hivectl/files.hpp"
#include "messages/ec.hpp"
#include "platform/authority.hpp"
#include "platform/unique_fd.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>

namespace hive::ctl {
namespace {

/// A bearer token is a single line; larger files hold something else.
constexpr size_t max_token_bytes = 4096;
constexpr mode_t writable_by_others = S_IWGRP | S_IWOTH;

caf::expected<std::string> token_in(std::string text, const std::string& path) {
  text.erase(text.find_last_not_of(" \t\r\n") + 1);
  // Other characters would end the header line or never match.
  bool visible = std::ranges::all_of(text, [](char c) { return c > ' ' && c <= '~'; });
  if (text.empty() || text.size() > max_token_bytes || !visible)
    return fail(ec::invalid, path + " does not hold one token of visible ASCII characters");
  return text;
}

std::string reason(int error) {
  return error == ENOENT ? "not there" : error == ELOOP ? "a symbolic link" : errno_text(error);
}

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

bool may_own(uid_t owner, const token_candidate& candidate) {
  if (owner == 0 || owner == ::geteuid())
    return true;
  struct stat about {};
  auto directory = std::filesystem::path{candidate.path}.parent_path();
  return candidate.directory_of_root && ::lstat(directory.c_str(), &about) == 0 && S_ISDIR(about.st_mode) &&
         about.st_uid == owner;
}

/// Reads the candidate's token; on failure `why` says why not.
std::string take(const token_candidate& candidate, std::string& why) {
  unique_fd file{::open(candidate.path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)};
  struct stat about {};
  if (!file || ::fstat(file.get(), &about) != 0) {
    why = reason(errno);
    return {};
  }
  std::array<char, max_token_bytes + 1> text;
  auto size = S_ISREG(about.st_mode) ? ::read(file.get(), text.data(), text.size()) : 0;
  auto token = token_in({text.data(), size > 0 ? static_cast<size_t>(size) : 0}, candidate.path);
  if (!may_own(about.st_uid, candidate))
    why = "belongs to another user";
  else if (about.st_mode & writable_by_others)
    why = "other users may write to it";
  else if (!token)
    why = "holds no token";
  return why.empty() ? *token : std::string{};
}

} // namespace

caf::expected<std::string> read_token_file(const std::string& path) {
  auto text = read_file(path, max_token_bytes);
  if (!text)
    return text;
  return token_in(std::move(*text), path);
}

std::vector<token_candidate> token_candidates(const std::string& url, const std::string& runtime,
                                              const std::string& data) {
  auto node = authority::of_url(url);
  if (!node || !node->is_loopback())
    return {};
  auto file = std::to_string(node->port.value_or(url.starts_with("https") ? 443 : 80)) + ".token";
  std::vector<token_candidate> out{{"/run/hivemark/" + file, true}};
  if (runtime.starts_with('/')) // as the XDG specification demands
    out.push_back({runtime + "/hivemark/" + file});
  if (!data.empty())
    out.push_back({data + "/operator.token"});
  out.push_back({"./hive-data/operator.token"});
  return out;
}

found_token find_token(const std::vector<token_candidate>& candidates) {
  found_token out;
  for (const auto& candidate : candidates) {
    std::string why;
    out.token = take(candidate, why);
    out.looked.push_back(candidate.path + (why.empty() ? "" : " (" + why + ")"));
    if (!out.token.empty())
      break;
  }
  return out;
}

caf::expected<found_token> choose_token(const std::string& url, const std::string& token_file) {
  if (token_file.empty())
    return find_token(token_candidates(url, variable("XDG_RUNTIME_DIR"), variable("HIVE_DATA")));
  auto token = read_token_file(token_file);
  if (!token)
    return token.error();
  return found_token{std::move(*token), {token_file}};
}

std::string describe_search(const found_token& found) {
  if (found.looked.empty())
    return ". hivectl sends no token that --token-file does not name, unless the node is on this machine";
  if (!found.token.empty())
    return ". hivectl sent the token in " + found.looked.back() + "; --token-file names another";
  std::string places;
  for (const auto& place : found.looked)
    places += (places.empty() ? "" : ", ") + place;
  return ". hivectl looked for a token in " + places + "; --token-file names another file";
}

} // namespace hive::ctl
