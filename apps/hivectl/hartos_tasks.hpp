#pragma once

#include "apps/hivectl/hartos_report.hpp"
#include "apps/hivectl/progress.hpp"
#include "apps/hivectl/task_sender.hpp"
#include "storage/hartos/hartos_database.hpp"

namespace hive::ctl {

/// Rows of a database that a node remembers under one name.
struct hartos_part {
  std::string source;
  uint64_t above = 0;   ///< its rows lie behind this one,
  uint64_t through = 0; ///< up to and with this one
};

/// Which rows of the database are known to nodes under which names. A database that Hivemark exported holds the records
/// of that node by their numbers, and behind them what HART OS has added; any other one has a name of its own that
/// stays as rows are added. `given` replaces all of these.
caf::expected<std::vector<hartos_part>> parts_of(hartos_database& db, const std::string& given);

/// The name under which a node keeps what this database says of HART OS's peers; empty when nothing tells the database
/// from others.
caf::expected<std::string> origin_of(hartos_database& db, const std::string& given);

/// Sends the rows of one part that the node has not taken yet. When somebody else imports the same ones at the same
/// time, each row is taken from one of the two.
class hartos_task_import {
public:
  hartos_task_import(const client& node, hartos_database& db, hartos_part part, hartos_report& report,
                     progress& running);

  /// Errors name the database and the row.
  caf::error run();

private:
  caf::error take_rows();
  caf::error ask_for_row();
  caf::error send(const std::vector<hartos_row>& rows);
  caf::error pass_rest();
  task_lines to_lines(const std::vector<hartos_row>& rows);
  void leave_out(uint64_t row, const std::string& reason);

  hartos_database& db_;
  hartos_part part_;
  task_sender to_;
  hartos_report& report_;
  progress& running_;
  uint64_t taken_ = 0;    ///< the last row that the node has
  uint64_t seen_ = 0;     ///< the last row that was read since
  uint64_t reported_ = 0; ///< the last row whose faults were told
};

} // namespace hive::ctl
