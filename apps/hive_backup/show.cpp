#include "apps/hive_backup/show.hpp"

#include "messages/text.hpp"
#include "messages/timestamp.hpp"

#include <fmt/format.h>

namespace hive::backup {
namespace {

std::string size_text(uint64_t bytes) {
  constexpr double mib = 1 << 20;
  auto size = static_cast<double>(bytes) / mib;
  return size < 1'024 ? fmt::format("{:.1f} MiB", size) : fmt::format("{:.1f} GiB", size / 1'024);
}

std::string time_text(int64_t unix_micros) {
  return unix_micros == 0 ? "never" : format_iso8601(unix_micros / micros_per_s * micros_per_s);
}

std::string numbers_text(capnp::List<uint32_t>::Reader numbers) {
  std::string out;
  for (auto number : numbers)
    out += (out.empty() ? "" : ", ") + std::to_string(number);
  return out.empty() ? "none" : out;
}

std::string rows(capnp::List<wire::BackupSummary>::Reader backups) {
  auto out = fmt::format("{:>6}  {:<20}  {:>10}  {:>10}  {:>12}  {:<20}  {}\n", "NUMBER", "MADE", "SIZE", "NEW",
                         "RECORDS", "VERIFIED", "STATE");
  for (auto backup : backups)
    out += fmt::format("{:>6}  {:<20}  {:>10}  {:>10}  {:>12}  {:<20}  {}\n", backup.getNumber(),
                       time_text(backup.getCreatedAt()), size_text(backup.getBytes()), size_text(backup.getNewBytes()),
                       backup.getRecords(), time_text(backup.getVerifiedAt()),
                       backup.hasProblem() ? printable(as_view(backup.getProblem())) : "good");
  return out;
}

} // namespace

std::string show(wire::Backups::Reader list) {
  auto out = list.getBackups().size() == 0 ? std::string{"No backups.\n"} : rows(list.getBackups());
  if (list.getCount() > list.getBackups().size())
    out += fmt::format("The newest {} of {}.\n", list.getBackups().size(), list.getCount());
  if (list.hasNode())
    out += fmt::format("Node {}. {} in all; all files were last verified: {}.\n", as_view(list.getNode()),
                       size_text(list.getBytes()), time_text(list.getLastVerified()));
  return out;
}

std::string show(wire::BackupVerification::Reader found) {
  uint32_t damaged = 0;
  for (auto backup : found.getBackups())
    damaged += backup.hasProblem() ? 1 : 0;
  auto out = rows(found.getBackups());
  out += fmt::format("{} read in {:.1f} s{}. ", size_text(found.getBytes()), found.getDurationS(),
                     found.getOpened() ? ", records counted" : "");
  return out + (damaged == 0 ? std::string{"All good.\n"} : fmt::format("{} damaged.\n", damaged));
}

std::string show(wire::BackupRestored::Reader restored) {
  auto out = fmt::format("Restored backup {} of {} into {}: {} records.\n", restored.getNumber(),
                         time_text(restored.getCreatedAt()), as_view(restored.getData()), restored.getRecords());
  out += restored.getIsNewNode() ? fmt::format("It is a new node, {}.\n", as_view(restored.getNode()))
                                 : fmt::format("It is node {}, in epoch {}. What it stored after that time is lost.\n",
                                               as_view(restored.getNode()), restored.getEpoch());
  if (!restored.getIsNewNode() && restored.getPeersAsked() == 0)
    out += "Nobody was asked whether the original still runs: make sure of it before you start this one.\n";
  if (restored.hasConfiguration())
    out += fmt::format("The configuration of that time: {}\n", as_view(restored.getConfiguration()));
  return out;
}

std::string show(wire::BackupsPruned::Reader pruned) {
  return fmt::format("{}: {}. Kept: {}. {} {}.\n", pruned.getDryRun() ? "Would delete" : "Deleted",
                     numbers_text(pruned.getDeleted()), numbers_text(pruned.getKept()),
                     size_text(pruned.getFreedBytes()), pruned.getDryRun() ? "would become free" : "became free");
}

} // namespace hive::backup
