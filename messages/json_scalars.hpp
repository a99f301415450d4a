#pragma once

// internal: numbers and strings of JSON as text.

#include <string>
#include <string_view>

namespace hive::detail {

/// Appends a finite number with as few digits as read back as the same number: plain from 10⁻⁴ up to 10¹⁵, otherwise
/// with an exponent of at least two digits.
void write_number(double value, std::string& out);

/// Appends a string in quotes. Only what JSON demands is escaped: quotes, backslashes and control characters.
void write_string(std::string_view value, std::string& out);

} // namespace hive::detail
