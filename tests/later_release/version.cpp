#include "platform/version.hpp"

// The release number of the nodes that tests take for later ones; see tests/CMakeLists.txt.

namespace hive {

const char* const version_text = "99.1.0";

} // namespace hive
