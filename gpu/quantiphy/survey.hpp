#pragma once

#include "gpu/heavy/result.hpp"
#include "gpu/quantiphy/problems.hpp"
#include "platform/chat_client.hpp"

#include <caf/expected.hpp>
#include <optional>
#include <string>
#include <vector>

namespace hive::quantiphy {

/// An answer to one problem.
struct reply {
  std::optional<double> value; ///< in the unit that was asked for; nothing: it cannot be read
  double latency_ms = 0;
};

struct score {
  double mra_mean = 0;   ///< mean over the categories of their mean MRA; what cannot be read scores 0
  double mra_strict = 0; ///< the same by VSI-Bench's rule
  std::optional<double> mra_counterfactual; ///< the twins alone; nothing when there are none
  double invalid_ratio = 0;                 ///< answers that cannot be read or are 0, which no true answer is
  double latency_p95_ms = 0;
};

/// `replies` has the answer to each problem, in their order; neither is empty.
score score_of(const std::vector<problem>& problems, const std::vector<reply>& replies);

/// What the model's answer says; nothing when its reasoning did not end.
std::optional<double> read_answer(std::string_view answer, const problem& asked);

struct survey {
  std::vector<reply> replies;
  std::string model; ///< what the endpoint calls the model
  size_t cut = 0;    ///< answers that were truncated at the token limit
};

/// Asks all problems, one after the other. A single failed request fails the survey: latencies of only the successful
/// ones would flatter an overloaded endpoint. ec::invalid when all answers were truncated.
caf::expected<survey> ask_all(const std::vector<problem>& problems, const chat_options& model, const work_limit& limit);

/// The figures of a survey. They are compared only with those of the same problems.
heavy::result report(const std::vector<problem>& problems, const survey& answers);

} // namespace hive::quantiphy
