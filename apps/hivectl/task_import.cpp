#include "apps/hivectl/task_import.hpp"

#include "apps/hivectl/progress.hpp"
#include "apps/hivectl/task_sender.hpp"
#include "messages/ec.hpp"

#include <fstream>
#include <iostream>

namespace hive::ctl {
namespace {

/// A record takes about 4 KB at most; longer lines are not records and are not kept in memory.
constexpr size_t max_line_bytes = size_t{64} << 10;
/// Number of rejected lines listed individually; all are counted.
constexpr size_t max_told = 1'000;

/// Reads lines of any length and keeps as much as a record can have.
class line_reader {
public:
  explicit line_reader(std::istream& in) : in_{in} {
  }

  /// Returns false at the end. `too_long` means that only the line's beginning was kept.
  bool next(std::string& line, bool& too_long) {
    line.clear();
    too_long = false;
    ++number_;
    auto* buffer = in_.rdbuf();
    for (bool any = false;; any = true) {
      auto c = buffer->sbumpc();
      if (c == std::char_traits<char>::eof())
        return any;
      if (c == '\n')
        return true;
      if (line.size() < max_line_bytes)
        line += static_cast<char>(c);
      else
        too_long = true;
    }
  }

  uint64_t number() const {
    return number_;
  }

private:
  std::istream& in_;
  uint64_t number_ = 0;
};

class importer {
public:
  importer(session& s, const task_import_options& options)
      : session_{s}, options_{options}, to_{s.node, options.source} {
  }

  outcome run(std::istream& in) {
    progress running{"Importing task records", session_.set};
    auto taken = to_.last_row();
    if (!taken)
      return taken.error();
    already_taken_ = taken_ = *taken;
    if (auto wrong = read_all(in, running))
      return wrong;
    if (in.bad())
      return fail_as(exit_status::file_failed, "cannot read " + options_.file + ": " + errno_text(errno));
    return exit_status::done;
  }

  exit_status report() const {
    auto answer = msg<wire::TasksImported>::build([&](wire::TasksImported::Builder out) {
      out.setRecorded(recorded_);
      out.setDuplicates(duplicates_);
      out.setAlreadyTaken(already_taken_);
      out.setLeftOut(left_out_);
      auto list = out.initRejected(static_cast<uint32_t>(told_.size()));
      for (uint32_t i = 0; i < list.size(); ++i) {
        list[i].setLine(static_cast<uint32_t>(told_[i].first));
        list[i].setReason(told_[i].second);
      }
    });
    session_.out.answer(answer, [&] { show(); });
    return left_out_ == 0 ? exit_status::done : exit_status::refused;
  }

private:
  caf::error read_all(std::istream& in, progress& running) {
    line_reader lines{in};
    std::string line;
    bool too_long = false;
    while (lines.next(line, too_long)) {
      if (lines.number() <= taken_ || line.find_first_not_of(" \t\r") == std::string::npos)
        continue;
      if (too_long)
        leave_out(lines.number(), "it is longer than " + std::to_string(max_line_bytes) + " bytes");
      else
        take(line, lines.number());
      if (batch_.numbers.size() < task_sender::max_lines && batch_.ndjson.size() < task_sender::max_bytes)
        continue;
      if (auto wrong = flush(lines.number()))
        return wrong;
      running.now("Importing task records: line " + std::to_string(lines.number()));
    }
    // Includes trailing lines that are not records, so that the next import does not list them again.
    bool has_more = !options_.source.empty() && lines.number() - 1 > taken_;
    return batch_.empty() && !has_more ? caf::error{} : flush(lines.number() - 1);
  }

  /// The node applies the same rules, but for a batch without valid records it names only the first line.
  void take(std::string_view line, uint64_t number) {
    json_error why;
    if (from_json<wire::TaskRecord>(line, why))
      batch_.add(line, number);
    else
      leave_out(number, why.message());
  }

  caf::error flush(uint64_t through) {
    auto sent = to_.send(batch_, taken_, through);
    if (!sent && code_of(sent.error()) == ec::invalid) {
      for (auto number : batch_.numbers)
        leave_out(number, "the node took none of its batch: " + text_of(sent.error()));
      batch_ = {};
      return caf::none;
    }
    if (!sent)
      return sent.error();
    recorded_ += sent->recorded;
    duplicates_ += sent->duplicates;
    for (auto& [number, reason] : sent->rejected)
      leave_out(number, std::move(reason));
    if (!options_.source.empty())
      taken_ = through;
    batch_ = {};
    return caf::none;
  }

  void leave_out(uint64_t number, std::string reason) {
    ++left_out_;
    if (told_.size() < max_told)
      told_.emplace_back(number, std::move(reason));
  }

  void show() const {
    auto& out = session_.out;
    out.line("Recorded " + std::to_string(recorded_) + ", already there " + std::to_string(duplicates_) +
             ", left out " + std::to_string(left_out_) +
             (already_taken_ > 0 ? "; lines up to " + std::to_string(already_taken_) + " were imported before." : "."));
    for (const auto& [number, reason] : told_)
      out.line("line " + std::to_string(number) + ": " + reason);
    if (left_out_ > told_.size())
      out.line("… and " + std::to_string(left_out_ - told_.size()) + " more");
  }

  session& session_;
  const task_import_options& options_;
  task_sender to_;
  task_lines batch_;
  uint64_t taken_ = 0;         ///< lines of this source that the node has
  uint64_t already_taken_ = 0; ///< lines that it had when the import began
  uint64_t recorded_ = 0;
  uint64_t duplicates_ = 0;
  uint64_t left_out_ = 0;
  std::vector<std::pair<uint64_t, std::string>> told_;
};

} // namespace

outcome import_tasks(session& s, const task_import_options& options) {
  importer importing{s, options};
  std::ifstream file;
  if (options.file != "-") {
    file.open(options.file, std::ios::binary);
    if (!file)
      return fail_as(exit_status::file_failed, "cannot open " + options.file + ": " + errno_text(errno));
  }
  auto done = importing.run(options.file == "-" ? std::cin : file);
  if (!done)
    return done;
  return importing.report();
}

} // namespace hive::ctl
