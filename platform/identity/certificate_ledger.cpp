#include "platform/identity/certificate_ledger.hpp"

#include "messages/ec.hpp"
#include "messages/json.hpp"
#include "messages/timestamp.hpp"
#include "platform/create_file.hpp"
#include "platform/identity/credentials.hpp"
#include "platform/read_file.hpp"
#include "platform/unique_fd.hpp"

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

namespace hive {
namespace {

namespace fs = std::filesystem;

/// Some 200,000 certificates.
constexpr size_t max_ledger_bytes = size_t{64} << 20;
constexpr size_t max_serial_digits = 40; // RFC 5280: 20 bytes

caf::error cannot_write(const fs::path& path) {
  return fail(ec::unavailable, path.string() + " cannot be written: " + errno_text(errno));
}

msg<wire::IssuedCertificate> describe(const certificate& issued, int64_t now) {
  auto role = issued.role();
  return msg<wire::IssuedCertificate>::build([&](wire::IssuedCertificate::Builder out) {
    out.setSerial(issued.serial());
    out.setName(issued.name());
    out.setRole(role ? std::string{to_string(*role)} : std::string{});
    out.setKey(issued.key_fingerprint());
    out.setIssuedAt(now * micros_per_s);
    out.setNotAfter(issued.not_after() * micros_per_s);
  });
}

/// Only complete lines: a crash may have cut the last one, whose certificate nobody got.
size_t complete_bytes(std::string_view text) {
  auto end = text.rfind('\n');
  return end == std::string_view::npos ? 0 : end + 1;
}

revocation_content without(const revocation_content& all, const revocation_content& known) {
  revocation_content out = all;
  std::erase_if(out.serials, [&](const auto& each) { return known.serials.contains(each.first); });
  std::erase_if(out.keys, [&](const auto& each) { return known.keys.contains(each); });
  std::erase_if(out.nodes, [&](const auto& each) { return known.nodes.contains(each); });
  return out;
}

void merge(revocation_content& into, const revocation_content& more) {
  into.serials.insert(more.serials.begin(), more.serials.end());
  into.keys.insert(more.keys.begin(), more.keys.end());
  into.nodes.insert(more.nodes.begin(), more.nodes.end());
}

} // namespace

caf::expected<ca_lock> ca_lock::take(const fs::path& ca_directory) {
  unique_fd fd{::open(ca_directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (!fd)
    return fail(ec::unavailable, ca_directory.string() + " cannot be opened: " + errno_text(errno));
  while (::flock(fd.get(), LOCK_EX) != 0)
    if (errno != EINTR)
      return fail(ec::unavailable, ca_directory.string() + " cannot be locked: " + errno_text(errno));
  return ca_lock{std::move(fd)};
}

caf::error append_issued(const fs::path& ca_directory, const certificate& issued, int64_t now) {
  auto path = ca_directory / ca_files::ledger;
  std::string so_far;
  if (auto text = read_file(path, max_ledger_bytes))
    so_far = std::move(*text);
  else if (code_of(text.error()) != ec::not_found)
    return text.error();
  unique_fd fd{::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644)};
  auto end = static_cast<off_t>(complete_bytes(so_far));
  if (!fd || ::ftruncate(fd.get(), end) != 0 || ::lseek(fd.get(), end, SEEK_SET) != end)
    return cannot_write(path);
  auto line = to_json(describe(issued, now)) + "\n";
  errno = ENOSPC; // a short write means a full disk
  if (::write(fd.get(), line.data(), line.size()) != static_cast<ssize_t>(line.size()) || ::fsync(fd.get()) != 0)
    return cannot_write(path);
  return sync_entries(ca_directory);
}

caf::expected<std::vector<msg<wire::IssuedCertificate>>> read_issued(const fs::path& ca_directory) {
  auto path = ca_directory / ca_files::ledger;
  std::vector<msg<wire::IssuedCertificate>> out;
  auto text = read_file(path, max_ledger_bytes);
  if (!text && code_of(text.error()) == ec::not_found)
    return out;
  if (!text)
    return text.error();
  std::string_view rest{text->data(), complete_bytes(*text)};
  while (!rest.empty()) {
    auto end = rest.find('\n');
    auto line = from_json<wire::IssuedCertificate>(rest.substr(0, end));
    if (!line)
      return fail(ec::corrupt,
                  path.string() + ", line " + std::to_string(out.size() + 1) + ": " + text_of(line.error()));
    out.push_back(std::move(*line));
    rest.remove_prefix(end + 1);
  }
  return out;
}

caf::expected<std::optional<revocation_list>> read_revocations(const fs::path& ca_directory) {
  auto path = ca_directory / ca_files::revocations;
  auto text = read_file(path, 2 * revocation_list::max_bytes * revocation_list::max_lists);
  if (!text && code_of(text.error()) == ec::not_found)
    return std::optional<revocation_list>{};
  if (!text)
    return text.error();
  auto trusted = load_certificates(ca_directory / certificate_files::ca);
  if (!trusted)
    return trusted.error();
  auto lists = revocation_list::check_pem(*text, path.string(), {trusted->front()});
  if (!lists)
    return lists.error();
  if (lists->size() != 1)
    return fail(ec::invalid, path.string() + " holds several lists; a CA's own directory has one");
  return std::optional{lists->front()};
}

caf::expected<written_revocations> revoke_in(const fs::path& ca_directory, const revocation_content& more,
                                             int64_t now) {
  auto lock = ca_lock::take(ca_directory);
  if (!lock)
    return lock.error();
  auto ca = load_certified_key(ca_directory / certificate_files::ca, ca_directory / certificate_files::ca_key);
  if (!ca)
    return ca.error();
  auto before = read_revocations(ca_directory);
  if (!before)
    return before.error();
  auto content = *before ? (*before)->content() : revocation_content{};
  auto added = without(more, content);
  if (added == revocation_content{}) {
    if (!*before)
      return fail(ec::invalid, "nothing is to be revoked");
    return written_revocations{**before, added};
  }
  merge(content, added);
  auto list = revocation_list::sign(*ca, *before ? (*before)->number() + 1 : 1, content, now);
  if (!list)
    return list.error();
  if (auto failed = replace_file(ca_directory / ca_files::revocations, list->pem(), 0644))
    return failed;
  return written_revocations{std::move(*list), std::move(added)};
}

caf::expected<std::string> parse_serial(std::string_view text) {
  std::string out;
  for (unsigned char each : text) {
    if (each == ':')
      continue;
    if (!std::isxdigit(each))
      return fail(ec::invalid, "\"" + std::string{text} + "\" is no serial number in hex");
    out += static_cast<char>(std::tolower(each));
  }
  if (out.size() % 2 != 0)
    out.insert(out.begin(), '0');
  while (out.size() > 2 && out.starts_with("00"))
    out.erase(0, 2);
  if (out.empty() || out.size() > max_serial_digits)
    return fail(ec::invalid, "\"" + std::string{text} + "\" is no serial number of at most 20 bytes in hex");
  return out;
}

} // namespace hive
