#include "storage/schema.hpp"

namespace hive {

const uint32_t store_schema_version = 2;

} // namespace hive
