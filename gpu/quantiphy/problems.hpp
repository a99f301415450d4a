#pragma once

#include "gpu/quantiphy/quantity.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hive::quantiphy {

/// Standard gravity as the problems state it, and that of their counterfactual twins, in m/s². A model that recites
/// what it has read answers the twin with the first one.
inline constexpr double real_gravity = 9.81;
inline constexpr double other_gravity = 3.7;

/// A question with the one right answer.
struct problem {
  std::string category; ///< the score is the mean of the categories' means
  std::string text;
  double truth = 0;          ///< positive; in the unit that is asked for
  std::optional<unit> asked; ///< nothing: a number is taken as it stands
  bool counterfactual = false;
};

/// `pairs` problems, each followed by its twin, spread evenly over four categories: kinematics and dynamics, in one
/// step and in several. The same seed gives the same problems on every machine. All answers depend on gravity.
std::vector<problem> generate_problems(uint64_t pairs, uint64_t seed);

/// Names a set of problems: 16 hexadecimal digits of the SHA-256 of their texts and answers.
std::string hash_of(const std::vector<problem>& problems);

} // namespace hive::quantiphy
