#pragma once

#include <caf/expected.hpp>
#include <capnp/list.h>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace hive::ctl {

/// Reads so many columns of numbers from text: one row a line, separated by commas, semicolons, tabs or spaces. A first
/// line without numbers is a heading; empty lines and those that begin with # are left out. ec::invalid, naming `file`
/// and the line, for another number of columns and what is no finite number; ec::no_data without any row.
caf::expected<std::vector<std::vector<double>>> read_number_columns(const std::string& file, std::string_view text,
                                                                    size_t columns);

std::vector<double> to_vector(capnp::List<double>::Reader from);

/// Copies values to a list of as many.
void fill(const std::vector<double>& from, capnp::List<double>::Builder to);

} // namespace hive::ctl
