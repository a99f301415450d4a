#include "messages/json_scalars.hpp"

#include "tests/support/seed.hpp"

#include <bit>
#include <capnp/compat/json.h>
#include <capnp/message.h>
#include <cmath>
#include <gtest/gtest.h>
#include <limits>
#include <random>

namespace hive::detail {
namespace {

std::string number(double value) {
  std::string out;
  write_number(value, out);
  return out;
}

/// The same value as Cap'n Proto writes it.
std::string by_capnp(const std::function<void(capnp::JsonValue::Builder)>& fill) {
  capnp::MallocMessageBuilder scratch;
  auto value = scratch.initRoot<capnp::JsonValue>();
  fill(value);
  return capnp::JsonCodec{}.encodeRaw(value).cStr();
}

TEST(json_scalars, numbers_have_as_few_digits_as_needed) {
  EXPECT_EQ(number(0), "0");
  EXPECT_EQ(number(-0.0), "-0");
  EXPECT_EQ(number(5), "5");
  EXPECT_EQ(number(-12), "-12");
  EXPECT_EQ(number(100'000), "100000");
  EXPECT_EQ(number(0.1), "0.1");
  EXPECT_EQ(number(0.1 + 0.2), "0.30000000000000004");
  EXPECT_EQ(number(-1234.5), "-1234.5");
  EXPECT_EQ(number(0.0001), "0.0001");
  EXPECT_EQ(number(0.00001), "1e-05");
  EXPECT_EQ(number(-1.25e-7), "-1.25e-07");
  EXPECT_EQ(number(999'999'999'999'999), "999999999999999");
  EXPECT_EQ(number(123456789012345.67), "123456789012345.67");
  EXPECT_EQ(number(1e15), "1e15");
  EXPECT_EQ(number(1.5e300), "1.5e300");
  EXPECT_EQ(number(4.9e-324), "5e-324");
  EXPECT_EQ(number(std::numeric_limits<double>::max()), "1.7976931348623157e308");
}

TEST(json_scalars, any_number_reads_back_as_itself) {
  HIVE_RANDOM_SEED(seed);
  std::mt19937_64 random{seed};
  for (int i = 0; i < 200'000; ++i) {
    auto value = std::bit_cast<double>(random());
    if (!std::isfinite(value))
      continue;
    auto text = number(value);
    EXPECT_EQ(std::strtod(text.c_str(), nullptr), value) << text;
  }
}

TEST(json_scalars, ordinary_numbers_are_those_of_capnp) {
  HIVE_RANDOM_SEED(seed);
  std::mt19937_64 random{seed};
  for (int i = 0; i < 20'000; ++i) {
    // At most 15 digits.
    auto value = std::strtod((std::to_string(static_cast<int64_t>(random() % 2'000'000) - 1'000'000) + "e" +
                              std::to_string(static_cast<int>(random() % 40) - 20))
                               .c_str(),
                             nullptr);
    EXPECT_EQ(number(value), by_capnp([&](auto out) { out.setNumber(value); }));
  }
}

TEST(json_scalars, strings_are_those_of_capnp) {
  std::string all = "äöü €𝄞/";
  for (char c = 1; c != 127; ++c)
    (all += c) += c % 3 == 0 ? "" : "x";
  for (const auto& text : {std::string{}, std::string{"plain"}, all, std::string{"\""}, std::string{"end\\"}}) {
    std::string written;
    write_string(text, written);
    EXPECT_EQ(written, by_capnp([&](auto out) { out.setString(text.c_str()); }));
  }
}

} // namespace
} // namespace hive::detail
