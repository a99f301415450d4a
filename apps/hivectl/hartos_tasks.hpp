#pragma once

#include "apps/hivectl/hartos_report.hpp"
#include "apps/hivectl/progress.hpp"
#include "apps/hivectl/task_sender.hpp"
#include "storage/hartos/hartos_database.hpp"

namespace hive::ctl {

/// A range of a database's rows that a node remembers under one name.
struct hartos_part {
  std::string source;
  uint64_t above = 0;   ///< exclusive lower bound of its rows
  uint64_t through = 0; ///< inclusive upper bound
};

/// Splits the database's rows by the name under which nodes remember them. A database exported by Hivemark holds that
/// node's records by number, followed by rows that HART OS added. Any other database has a single name, which does not
/// change as rows are added. `given` overrides all names.
caf::expected<std::vector<hartos_part>> parts_of(hartos_database& db, const std::string& given);

/// The name under which a node stores this database's statistics of HART OS's peers; empty when the database cannot be
/// identified.
caf::expected<std::string> origin_of(hartos_database& db, const std::string& given);

/// Sends the rows of one part that the node does not have yet. With concurrent imports, the node takes each row from
/// only one of them.
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
  uint64_t seen_ = 0;     ///< the last row read
  uint64_t reported_ = 0; ///< the last row whose faults were reported
};

} // namespace hive::ctl
