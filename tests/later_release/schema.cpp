#include "storage/schema.hpp"

// A store that this source refuses; see tests/CMakeLists.txt.

namespace hive {

const uint32_t store_schema_version = 1'000;

} // namespace hive
