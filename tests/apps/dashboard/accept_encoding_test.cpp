#include "apps/dashboard/accept_encoding.hpp"

#include <gtest/gtest.h>

namespace hive {
namespace {

TEST(accept_encoding, gzip_is_taken_where_it_is_named_or_anything_is_taken) {
  for (auto* field : {"gzip", "GZip", "x-gzip", "gzip, deflate, br", "br;q=1.0, gzip;q=0.8, *;q=0.1", "*",
                      "deflate ,gzip", "gzip ; q=0.001", "*;q=0, gzip"})
    EXPECT_TRUE(accepts_gzip(field)) << field;
}

TEST(accept_encoding, gzip_is_not_taken_where_it_is_refused_or_not_named) {
  for (auto* field :
       {"", "identity", "br", "gzip;q=0", "gzip;q=0.000", "*;q=0", "*, gzip;q=0", "gzipped", ",,", ";", "br;gzip"})
    EXPECT_FALSE(accepts_gzip(field)) << field;
}

} // namespace
} // namespace hive
