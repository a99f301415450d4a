#include "gpu/quantiphy/problems.hpp"

#include "platform/hex.hpp"
#include "platform/sha256.hpp"

#include <array>
#include <cmath>
#include <fmt/format.h>
#include <numbers>
#include <random>

namespace hive::quantiphy {
namespace {

constexpr size_t most_values = 4;
using values = std::array<double, most_values>;

/// The numbers that a problem may state for one of its quantities.
struct range {
  double first = 0;
  double step = 0;
  uint32_t count = 1;
};

struct kind {
  std::string_view text; ///< {0} to {3} are its values
  std::string_view unit;
  std::array<range, most_values> ranges;
  double (*answer)(const values&, double g);
};

struct category {
  std::string_view name;
  std::vector<kind> kinds;
};

double radians(double degrees) {
  return degrees * std::numbers::pi / 180;
}

double square(double x) {
  return x * x;
}

std::vector<kind> kinematics_in_one_step() {
  return {
    {"A stone falls from rest from a height of {0} m. How long does it fall, in s?",
     "s",
     {{{5, 1, 96}}},
     [](const values& v, double g) { return std::sqrt(2 * v[0] / g); }},
    {"A stone falls from rest from a height of {0} m. How fast is it when it hits the ground, in m/s?",
     "m/s",
     {{{5, 1, 96}}},
     [](const values& v, double g) { return std::sqrt(2 * g * v[0]); }},
    {"A ball is thrown straight up at {0} m/s. How high does it rise above the hand, in m?",
     "m",
     {{{4, .5, 60}}},
     [](const values& v, double g) { return square(v[0]) / (2 * g); }},
    {"A stone falls from rest for {0} s. How far does it fall, in m?",
     "m",
     {{{.5, .1, 60}}},
     [](const values& v, double g) { return g * square(v[0]) / 2; }},
    {"A ball is thrown straight up at {0} m/s. After how many seconds is it back in the hand? Answer in s.",
     "s",
     {{{4, .5, 60}}},
     [](const values& v, double g) { return 2 * v[0] / g; }},
  };
}

std::vector<kind> kinematics_in_steps() {
  return {
    {"A ball rolls off a table of height {0} m at a horizontal speed of {1} m/s. How far from the table's edge, "
     "measured "
     "along the floor, does it land, in m?",
     "m",
     {{{.6, .05, 40}, {1, .25, 30}}},
     [](const values& v, double g) { return v[1] * std::sqrt(2 * v[0] / g); }},
    {"A ball is thrown straight up at {0} m/s from the edge of a roof {1} m above the ground, and misses the roof on "
     "its way down. How long after the throw does it hit the ground, in s?",
     "s",
     {{{3, .5, 40}, {5, 1, 50}}},
     [](const values& v, double g) { return (v[0] + std::sqrt(square(v[0]) + 2 * g * v[1])) / g; }},
    {"A rocket starts from rest on the ground and climbs straight up with a net acceleration of {0} m/s² for {1} s. "
     "Then its engine stops. What is the greatest height that it reaches above the ground, in m?",
     "m",
     {{{2, .5, 30}, {3, 1, 20}}},
     [](const values& v, double g) { return v[0] * square(v[1]) / 2 + square(v[0] * v[1]) / (2 * g); }},
    {"A stone is dropped into a shaft of depth {0} m. Sound travels at {1} m/s in it. How long after the drop is the "
     "impact heard at the top, in s?",
     "s",
     {{{20, 1, 100}, {300, 5, 10}}},
     [](const values& v, double g) { return std::sqrt(2 * v[0] / g) + v[0] / v[1]; }},
    {"A ball leaves level ground at {0} m/s, {1} degrees above the horizontal. How far away does it land on the same "
     "level, in m?",
     "m",
     {{{8, .5, 50}, {20, 1, 51}}},
     [](const values& v, double g) { return square(v[0]) * std::sin(radians(2 * v[1])) / g; }},
  };
}

std::vector<kind> dynamics_in_one_step() {
  return {
    {"What is the weight of a body of mass {0} kg, in N?",
     "N",
     {{{1, .5, 150}}},
     [](const values& v, double g) { return v[0] * g; }},
    {"A body of mass {0} kg is lifted by {1} m. By how much does its potential energy grow, in J?",
     "J",
     {{{1, .5, 80}, {1, .5, 40}}},
     [](const values& v, double g) { return v[0] * g * v[1]; }},
    {"A liquid has a density of {0} kg/m³. How much higher is the pressure {1} m below its surface than at the "
     "surface, "
     "in Pa?",
     "Pa",
     {{{700, 10, 60}, {.5, .25, 60}}},
     [](const values& v, double g) { return v[0] * g * v[1]; }},
    {"A crate of mass {0} kg rests on a plane that is inclined by {1} degrees. How large is the normal force on it, in "
     "N?",
     "N",
     {{{2, .5, 100}, {5, 1, 40}}},
     [](const values& v, double g) { return v[0] * g * std::cos(radians(v[1])); }},
    {"A crate of mass {0} kg stands on a level floor. The coefficient of static friction is {1}. How large is the "
     "smallest horizontal force that moves it, in N?",
     "N",
     {{{2, .5, 100}, {.2, .02, 30}}},
     [](const values& v, double g) { return v[0] * g * v[1]; }},
  };
}

std::vector<kind> dynamics_in_steps() {
  return {
    {"A crate slides down a plane that is inclined by {0} degrees. The coefficient of kinetic friction is {1}. What is "
     "its acceleration, in m/s²?",
     "m/s^2",
     {{{30, 1, 31}, {.05, .01, 30}}},
     [](const values& v, double g) { return g * (std::sin(radians(v[0])) - v[1] * std::cos(radians(v[0]))); }},
    {"Two bodies of mass {0} kg and {1} kg hang from a light string over a pulley without friction. How large is the "
     "tension of the string while they move, in N?",
     "N",
     {{{4, .5, 30}, {1, .25, 12}}},
     [](const values& v, double g) { return 2 * v[0] * v[1] * g / (v[0] + v[1]); }},
    {"A crate of mass {0} kg is pulled from rest along a level floor by a horizontal force of {1} N. The coefficient "
     "of kinetic friction is {2}. How far does it move in {3} s, in m?",
     "m",
     {{{4, .25, 17}, {50, 1, 21}, {.2, .02, 16}, {1, .25, 13}}},
     [](const values& v, double g) { return (v[1] / v[0] - v[2] * g) * square(v[3]) / 2; }},
    {"A pendulum bob of mass {0} kg hangs from a light string. It is released from rest with the string {1} degrees "
     "from the vertical. How large is the tension of the string when the bob passes the lowest point, in N?",
     "N",
     {{{.2, .05, 40}, {20, 1, 61}}},
     [](const values& v, double g) { return v[0] * g * (3 - 2 * std::cos(radians(v[1]))); }},
    {"A motor with an efficiency of {0} percent lifts a load of {1} kg at constant speed by {2} m in {3} s. How much "
     "electrical power does it take, in W?",
     "W",
     {{{50, 1, 46}, {20, 5, 60}, {2, .5, 40}, {4, 1, 30}}},
     [](const values& v, double g) { return v[1] * g * v[2] / (v[3] * v[0] / 100); }},
    {"A box slides along a level floor with an initial speed of {0} m/s. The coefficient of kinetic friction is {1}. "
     "How far does it slide until it stops, in m?",
     "m",
     {{{1, .25, 40}, {.1, .02, 30}}},
     [](const values& v, double g) { return square(v[0]) / (2 * v[1] * g); }},
  };
}

std::vector<category> categories() {
  return {{"kinematics, one step", kinematics_in_one_step()},
          {"kinematics, several steps", kinematics_in_steps()},
          {"dynamics, one step", dynamics_in_one_step()},
          {"dynamics, several steps", dynamics_in_steps()}};
}

/// Numbers of the problems from a seed. The standard's distributions differ between libraries; its generators do not.
class draws {
public:
  explicit draws(uint64_t seed) : generator_{seed} {
  }

  values of(const kind& what) {
    values out{};
    for (size_t i = 0; i < out.size(); ++i) {
      const auto& range = what.ranges[i];
      // Rounded to what the text shows, so that the answer is that of the text.
      out[i] = std::round((range.first + range.step * static_cast<double>(generator_() % range.count)) * 1e4) / 1e4;
    }
    return out;
  }

private:
  std::mt19937_64 generator_;
};

problem problem_of(std::string_view category, const kind& what, const values& v, bool counterfactual) {
  auto g = counterfactual ? other_gravity : real_gravity;
  problem out;
  out.category = category;
  out.text = fmt::format(fmt::runtime(what.text), v[0], v[1], v[2], v[3]);
  out.text += counterfactual
                ? fmt::format(" This happens on another planet, where the gravitational acceleration is {} m/s².", g)
                : fmt::format(" The gravitational acceleration is {} m/s².", g);
  out.text += " Air resistance can be neglected.";
  out.truth = what.answer(v, g);
  out.asked = read_unit(what.unit);
  out.counterfactual = counterfactual;
  return out;
}

} // namespace

std::vector<problem> generate_problems(uint64_t pairs, uint64_t seed) {
  auto all = categories();
  draws numbers{seed};
  std::vector<problem> out;
  for (uint64_t i = 0; i < pairs; ++i) {
    const auto& [name, kinds] = all[i % all.size()];
    const auto& what = kinds[i / all.size() % kinds.size()];
    auto v = numbers.of(what);
    out.push_back(problem_of(name, what, v, false));
    out.push_back(problem_of(name, what, v, true));
  }
  return out;
}

std::string hash_of(const std::vector<problem>& problems) {
  std::string text;
  for (const auto& each : problems) // the last digits of a sine differ between C libraries
    text += fmt::format("{}\n{}\n{:.9g}\n", each.category, each.text, each.truth);
  constexpr size_t shown_bytes = 8;
  auto digest = sha256(text);
  return to_hex(std::span{digest}.first(shown_bytes));
}

} // namespace hive::quantiphy
