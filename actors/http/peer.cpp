#include "actors/http/peer.hpp"

#include "messages/ec.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <grp.h>
#include <pwd.h>
#include <sys/socket.h>
#include <unistd.h>

namespace hive::http {
namespace {

constexpr std::string_view name_prefix = "name:";

/// Room for the entry of a user or group; groups may have many members.
constexpr size_t account_bytes = size_t{1} << 20;

caf::expected<role> role_of(const role_entry& entry) {
  if (auto found = find_role(entry.second))
    return *found;
  return fail(ec::invalid, entry.first + " must have role read, record or operate, not \"" + entry.second + "\"");
}

std::optional<certificate_role> find_certificate_role(std::string_view name) {
  for (auto known : {certificate_role::node, certificate_role::engine})
    if (to_string(known) == name)
      return known;
  return std::nullopt;
}

template <class Id>
std::optional<Id> number_in(std::string_view text) {
  Id out{};
  auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (failed != std::errc{} || end != text.data() + text.size())
    return std::nullopt;
  return out;
}

std::optional<uid_t> find_user(const std::string& name) {
  std::vector<char> room(account_bytes);
  passwd entry{};
  passwd* found = nullptr;
  if (::getpwnam_r(name.c_str(), &entry, room.data(), room.size(), &found) == 0 && found)
    return found->pw_uid;
  return number_in<uid_t>(name);
}

std::optional<gid_t> find_group(const std::string& name) {
  std::vector<char> room(account_bytes);
  group entry{};
  group* found = nullptr;
  if (::getgrnam_r(name.c_str(), &entry, room.data(), room.size(), &found) == 0 && found)
    return found->gr_gid;
  return number_in<gid_t>(name);
}

std::string name_of_user(uid_t user) {
  std::vector<char> room(account_bytes);
  passwd entry{};
  passwd* found = nullptr;
  if (::getpwuid_r(user, &entry, room.data(), room.size(), &found) == 0 && found)
    return found->pw_name;
  return std::to_string(user);
}

} // namespace

// -- certificates ---------------------------------------------------------------------

certificate_roles::certificate_roles()
    : by_role_{{certificate_role::engine, role::record}, {certificate_role::node, role::read}} {
}

caf::expected<certificate_roles> certificate_roles::make(const std::vector<role_entry>& entries) {
  certificate_roles out;
  out.by_role_.clear();
  for (const auto& entry : entries) {
    auto granted = role_of(entry);
    if (!granted)
      return granted.error();
    std::string_view who = entry.first;
    if (auto known = find_certificate_role(who))
      out.by_role_[*known] = *granted;
    else if (who.starts_with(name_prefix) && is_valid_id(who.substr(name_prefix.size())))
      out.by_name_[std::string{who.substr(name_prefix.size())}] = *granted;
    else
      return fail(ec::invalid, entry.first + " must be engine, node or name:NAME");
  }
  return out;
}

peer certificate_roles::holder_of(const certificate& shown) const {
  auto name = shown.name();
  peer out{"certificate " + (name.empty() ? "without a name" : name)};
  if (auto found = by_name_.find(name); found != by_name_.end())
    out.grants = found->second;
  else if (auto kind = shown.role())
    if (auto granted = by_role_.find(*kind); granted != by_role_.end())
      out.grants = granted->second;
  if (out.grants != role::anyone)
    out.id = name;
  return out;
}

// -- users ----------------------------------------------------------------------------

user_roles::user_roles() : tells_ids_{false}, by_user_{{0, role::operate}, {::geteuid(), role::operate}} {
}

caf::expected<user_roles> user_roles::make(const std::vector<role_entry>& entries) {
  user_roles out{empty{}};
  for (const auto& entry : entries) {
    auto granted = role_of(entry);
    if (!granted)
      return granted.error();
    if (entry.first.starts_with('@')) {
      auto known = find_group(entry.first.substr(1));
      if (!known)
        return fail(ec::invalid, entry.first + " names no group of this machine");
      out.by_group_[*known] = *granted;
    } else {
      auto known = find_user(entry.first);
      if (!known)
        return fail(ec::invalid, entry.first + " names no user of this machine");
      out.by_user_[*known] = *granted;
    }
  }
  return out;
}

peer user_roles::known_as(const unix_user& who) const {
  auto name = name_of_user(who.user);
  peer out{"user " + name};
  if (auto found = by_user_.find(who.user); found != by_user_.end())
    out.grants = found->second;
  for (auto group : who.groups)
    if (auto found = by_group_.find(group); found != by_group_.end())
      out.grants = std::max(out.grants, found->second);
  if (tells_ids_ && out.grants != role::anyone)
    out.id = name;
  return out;
}

caf::expected<unix_user> user_behind(int socket) {
  ucred about{};
  socklen_t size = sizeof about;
  if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &about, &size) != 0)
    return fail(ec::unavailable, std::string{"the user behind a Unix socket is not known: "} + std::strerror(errno));
  unix_user out{about.uid, {}};
  out.groups.resize(64);
  size = static_cast<socklen_t>(out.groups.size() * sizeof(gid_t));
  auto read = ::getsockopt(socket, SOL_SOCKET, SO_PEERGROUPS, out.groups.data(), &size);
  if (read != 0 && errno == ERANGE) { // the kernel wrote the size that it needs
    out.groups.resize(size / sizeof(gid_t));
    read = ::getsockopt(socket, SOL_SOCKET, SO_PEERGROUPS, out.groups.data(), &size);
  }
  if (read != 0)
    return fail(ec::unavailable, std::string{"the groups behind a Unix socket are not known: "} + std::strerror(errno));
  out.groups.resize(size / sizeof(gid_t));
  out.groups.push_back(about.gid);
  return out;
}

} // namespace hive::http
