#include "gpu/quantiphy/quantity.hpp"

#include <gtest/gtest.h>

namespace hive::quantiphy {
namespace {

std::optional<double> in(const char* wanted, std::string_view answer) {
  return last_quantity(answer, read_unit(wanted));
}

void expect(const char* wanted, const char* answer, double value) {
  auto found = in(wanted, answer);
  ASSERT_TRUE(found) << answer;
  EXPECT_NEAR(*found, value, 1e-9 * value) << answer;
}

TEST(quantity, the_last_number_counts_in_any_notation) {
  expect("m", "12", 12);
  expect("m", "It falls for 2 s, so h = 19.6 m.", 19.6);
  expect("m", "Answer: **12.5 m**", 12.5);
  expect("m", "1,250.5 m", 1250.5);
  expect("m", "1,250,000 m", 1.25e6);
  expect("m", "12,5 m", 12.5);
  expect("m", "1.2e3 m", 1200);
  expect("m", "1.2E+3", 1200);
  expect("m", "1.2 × 10^3 m", 1200);
  expect("m", "1.2 x 10³ m", 1200);
  expect("m", "1.2×10⁻³ m", .0012);
  expect("m", "$1.2 \\times 10^{-3}\\ \\text{m}$", .0012);
  expect("m", "\\boxed{12.5\\,\\mathrm{m}}", 12.5);
  expect("m", "h = 12.5\u00A0m", 12.5);
  expect("m", ".5 m", .5);
  expect("m", "≈12.5 m", 12.5);
  expect("m", "3 of them; 4 apples", 4);
}

TEST(quantity, units_are_converted) {
  expect("m", "1250 cm", 12.5);
  expect("m", "0.0125 km", 12.5);
  expect("m", "12.5 metres", 12.5);
  expect("m", "12.5 Meters", 12.5);
  expect("m", "100 feet", 30.48);
  expect("cm", "0.5 m", 50);
  expect("s", "1500 ms", 1.5);
  expect("s", "2 min", 120);
  expect("m/s", "36 km/h", 10);
  expect("m/s", "36 kilometers per hour", 10);
  expect("m/s", "10 m s^-1", 10);
  expect("m/s", "10 m / s", 10);
  expect("m/s", "10 m·s⁻¹", 10);
  expect("m/s^2", "9.81 m/s²", 9.81);
  expect("m/s^2", "9.81 m/s^2", 9.81);
  expect("m/s^2", "9.81 m/s2", 9.81);
  expect("m/s^2", "$9.81\\ \\text{m/s}^2$", 9.81);
  expect("m/s^2", "9.81 meters per second squared", 9.81);
  expect("N", "3.2 kN", 3200);
  expect("N", "3.2 newtons", 3.2);
  expect("N", "3.2 kg·m/s²", 3.2);
  expect("J", "3.2 kJ", 3200);
  expect("Pa", "101.3 kPa", 101300);
  expect("Pa", "1 bar", 1e5);
  expect("W", "1.5 kilowatts", 1500);
}

TEST(quantity, exponents_and_names_are_no_numbers) {
  expect("m/s", "v = 12 m/s, with v^2", 12);
  expect("m", "12 m, where x_2 and H2O do not count", 12);
}

TEST(quantity, a_sign_is_one_only_in_front_of_a_number) {
  EXPECT_EQ(in("m", "-12.5 m"), -12.5);
  EXPECT_EQ(in("m", "−12.5 m"), -12.5);
  EXPECT_EQ(in("m", "h = -3"), -3);
  EXPECT_EQ(in("m", "20-12.5"), 12.5);
}

TEST(quantity, what_has_no_answer_in_the_dimension_is_none) {
  for (auto text : {"", "I cannot say.", "12 kg", "12 m/s", "12 m^3", "about ten metres", "1e999 m", "..."})
    EXPECT_EQ(in("m", text), std::nullopt) << text;
}

TEST(quantity, an_unknown_unit_leaves_the_number_as_it_stands) {
  EXPECT_EQ(last_quantity("12 parsecs", std::nullopt), 12);
  EXPECT_EQ(last_quantity("12 cm", std::nullopt), 12);
}

TEST(quantity, hostile_answers_are_read_to_their_end) {
  EXPECT_EQ(in("m", std::string(100'000, '9')), std::nullopt);
  EXPECT_EQ(in("m", std::string(100'000, ',') + "1"), 1);
  EXPECT_EQ(in("m", std::string(100'000, '-') + "1"), -1);
  std::string bytes;
  for (int i = 1; i < 256; ++i)
    bytes += static_cast<char>(i);
  EXPECT_NO_FATAL_FAILURE(in("m", bytes));
}

TEST(asked_unit, is_the_last_one_after_in) {
  auto of = [](const char* question) {
    auto found = asked_unit(question);
    return found ? found->si : 0;
  };
  EXPECT_EQ(of("What is the length of the wood block in cm?"), .01);
  EXPECT_EQ(of("What is the velocity of the pencil in the hand in cm/s?"), .01);
  EXPECT_EQ(asked_unit("What is the velocity in cm/s?")->of, dimension::speed);
  EXPECT_EQ(of("How many cars are in the picture?"), 0);
}

} // namespace
} // namespace hive::quantiphy
