#pragma once

#include "messages/json.hpp"

#include <string>

namespace hive {

/// What stands behind the JSON of a canonical form.
inline constexpr auto canonical_end = "\n";

/// The canonical form of a message: its JSON without blanks, and a newline. Numbers have their shortest form that reads
/// back the same, members the order of the schema. A message that was read from its JSON has the same canonical form,
/// whatever the JSON's layout was, so hashes are taken of it.
///
/// The hashes of stored records must stay: a later schema gives new fields $omitDefault, unless they are texts or
/// structs, which are omitted while absent.
template <class T>
std::string to_canonical_json(const msg<T>& message) {
  return to_json(message) + canonical_end;
}

} // namespace hive
