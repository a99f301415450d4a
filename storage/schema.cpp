#include "storage/schema.hpp"

namespace hive {

const uint32_t store_schema_version = 3;

} // namespace hive
