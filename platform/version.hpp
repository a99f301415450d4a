#pragma once

namespace hive {

/// The release of Hivemark that this program is of, such as 0.1.0. Defined in a file of its own, so that another
/// release number compiles nothing else anew, and tests can link the same node as a later release.
extern const char* const version_text;

} // namespace hive
